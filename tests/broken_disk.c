/* A disk that fails where it is told to: a layer over the C library, put under a program with LD_PRELOAD.
 *
 * Of the calls that change files below BROKEN_UNDER, those of the kind BROKEN_CALL ("write": write, pwrite, writev,
 * ftruncate, fallocate; "sync": fsync, fdatasync) are counted from 1. The one with the number BROKEN_NTH fails with
 * BROKEN_ERROR ("EIO" or "ENOSPC"); with BROKEN_EVER set, so does every later call of either kind. Each counted call
 * leaves a byte in the file BROKEN_LOG: '.' if it worked, 'x' if it failed. A number of 0 counts only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { WRITE = 1, SYNC = 2 };

static const char *under;
static enum call counted;
static long nth;
static int with_errno;
static int for_ever;
static int log_file = -1;
static atomic_long calls;

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("BROKEN_CALL");
	counted = text && strcmp(text, "sync") == 0 ? SYNC : WRITE;
	text = getenv("BROKEN_NTH");
	nth = text ? atol(text) : 0;
	text = getenv("BROKEN_ERROR");
	with_errno = text && strcmp(text, "ENOSPC") == 0 ? ENOSPC : EIO;
	for_ever = getenv("BROKEN_EVER") != NULL;
	text = getenv("BROKEN_LOG");
	if (text)
		log_file = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	under = getenv("BROKEN_UNDER");
}

static int is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	if (!under)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return 0;
	path[length] = 0;
	size_t prefix = strlen(under);
	return strncmp(path, under, prefix) == 0 && (path[prefix] == '/' || path[prefix] == 0);
}

/* Whether this call is to fail. */
static int fails(int fd, enum call call)
{
	int saved = errno, fail;
	if (!is_ours(fd)) {
		errno = saved;
		return 0;
	}
	if (call == counted) {
		long number = atomic_fetch_add(&calls, 1) + 1;
		fail = nth > 0 && (for_ever ? number >= nth : number == nth);
	} else {
		fail = nth > 0 && for_ever && atomic_load(&calls) >= nth;
	}
	if (log_file >= 0 && (fail || call == counted))
		syscall(SYS_write, log_file, fail ? "x" : ".", 1);
	errno = fail ? with_errno : saved;
	return fail;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	return fails(fd, WRITE) ? -1 : syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return fails(fd, WRITE) ? -1 : syscall(SYS_writev, fd, parts, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
	return fails(fd, WRITE) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
	return pwrite64(fd, bytes, count, at);
}

int ftruncate64(int fd, off64_t length)
{
	return fails(fd, WRITE) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length)
{
	return fails(fd, WRITE) ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, length);
}

int fallocate(int fd, int mode, off_t at, off_t length)
{
	return fallocate64(fd, mode, at, length);
}

/* Unlike the others this one returns the error. */
int posix_fallocate64(int fd, off64_t at, off64_t length)
{
	return fallocate64(fd, 0, at, length) == 0 ? 0 : errno;
}

int posix_fallocate(int fd, off_t at, off_t length)
{
	return posix_fallocate64(fd, at, length);
}

int fsync(int fd)
{
	return fails(fd, SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails(fd, SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
