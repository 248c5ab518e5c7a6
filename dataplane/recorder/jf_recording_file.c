// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recording_file_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_capture_priv.h"
#include "jf_wav.h"

#define COPIES_MAX 99 /* of one path: a dataplane that starts that often has other troubles */

static struct jf_wav_format format_of(const struct jf_recording_file *f)
{
	if (f->format == JF_RECORD_LINEAR)
		return (struct jf_wav_format){
		        .coding = JF_WAV_PCM16, .channels = 2, .rate = 2 * JF_WAV_RATE};
	return (struct jf_wav_format){
	        .coding = f->law == JF_LAW_PCMA ? JF_WAV_PCMA : JF_WAV_PCMU,
	        .channels = 2,
	};
}

int jf_recording_file_make_dir(const char *dir)
{
	char *path = strdup(dir);
	int err = 0;

	if (!path)
		return -ENOMEM;
	for (char *slash = strchr(path + 1, '/'); !err; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0750) && errno != EEXIST)
			err = -errno;
		if (!slash)
			break;
		*slash = '/';
	}
	free(path);
	return err;
}

/* The folder name in dir_fd, made if it is not there. */
static int open_folder(int dir_fd, const char *name, int *ret_fd)
{
	int fd;

	if (mkdirat(dir_fd, name, 0750) && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* The folder that path's last part is in; ret_name: that part. */
static int walk(const char *dir, const char *path, int *ret_fd, const char **ret_name)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *slash;
	int err = 0;

	if (fd < 0)
		return -errno;
	for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		char name[JF_CONTRACT_PATH_MAX];
		int next = -1;

		snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
		err = open_folder(fd, name, &next);
		close(fd);
		if (err)
			return err;
		fd = next;
	}
	*ret_fd = fd;
	*ret_name = path;
	return 0;
}

/* "a.wav" as "a-2.wav". false: too long. */
static bool number_name(const char *name, int number, char *ret_name, size_t size)
{
	const char *dot = strrchr(name, '.');
	int stem = (int)(dot && dot != name ? dot - name : (ptrdiff_t)strlen(name));
	int length = snprintf(ret_name, size, "%.*s-%d%s", stem, name, number, name + stem);

	return length > 0 && (size_t)length < size;
}

/* ret_done: how much was written, also before an error. */
static int write_some(int fd, const uint8_t *bytes, size_t length, uint64_t offset,
                      size_t *ret_done)
{
	size_t done = 0;
	int err = 0;

	while (done < length && !err) {
		ssize_t written = pwrite(fd, bytes + done, length - done, (off_t)(offset + done));

		if (written > 0)
			done += (size_t)written;
		else if (!written)
			err = -EIO;
		else if (errno != EINTR)
			err = -errno;
	}
	*ret_done = done;
	return err;
}

static int write_at(int fd, const uint8_t *bytes, size_t length, uint64_t offset)
{
	size_t done;

	return write_some(fd, bytes, length, offset, &done);
}

/* An empty recording: the header alone. */
static int begin(struct jf_recording_file *f)
{
	static const struct jf_recording_loss none;
	uint8_t head[JF_CAPTURE_HEAD_MAX];

	if (f->format != JF_RECORD_PACKETS) {
		f->head = JF_WAV_PAGE;
		return jf_recording_file_seal(f, &none, 0);
	}
	f->head = (uint32_t)jf_capture_head(head);
	return write_at(f->fd, head, f->head, 0);
}

int jf_recording_file_open(struct jf_recording_file *f, const char *dir,
                           char path[JF_CONTRACT_PATH_MAX])
{
	char used[JF_CONTRACT_PATH_MAX];
	const char *name = path;
	size_t room;
	int dir_fd = -1;
	int fd = -1;
	int err = walk(dir, path, &dir_fd, &name);

	if (err)
		return err;
	room = JF_CONTRACT_PATH_MAX - (size_t)(name - path);
	snprintf(used, sizeof(used), "%s", name);
	for (int copy = 2; fd < 0; copy++) {
		fd = openat(dir_fd, used, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
		if (fd >= 0)
			break;
		if (errno != EEXIST) {
			err = -errno;
			goto out;
		}
		if (copy > COPIES_MAX) {
			err = -EEXIST;
			goto out;
		}
		if (!number_name(name, copy, used, room)) {
			err = -ENAMETOOLONG;
			goto out;
		}
	}
	f->fd = fd;
	err = begin(f);
	if (err) { /* not even a header: nothing worth keeping */
		(void)unlinkat(dir_fd, used, 0);
		close(f->fd);
		f->fd = -1;
		goto out;
	}
	snprintf(path + (name - path), room, "%s", used);
out:
	close(dir_fd);
	return err;
}

int jf_recording_file_open_nowhere(struct jf_recording_file *f)
{
	f->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return f->fd < 0 ? -errno : begin(f);
}

int jf_recording_file_append(struct jf_recording_file *f, const uint8_t *bytes, size_t length)
{
	size_t done;
	int err = write_some(f->fd, bytes, length, f->head + f->bytes, &done);

	f->bytes += done;
	return err;
}

static int seal_wav(struct jf_recording_file *f, const struct jf_recording_loss *loss)
{
	const struct jf_wav_format format = format_of(f);
	uint8_t page[JF_WAV_PAGE];
	char comment[JF_WAV_COMMENT];

	snprintf(comment, sizeof(comment),
	         "packets lost: caller %u, agent %u; too late: caller %u, agent %u",
	         loss->lost[JF_SIDE_CALLER], loss->lost[JF_SIDE_AGENT], loss->late[JF_SIDE_CALLER],
	         loss->late[JF_SIDE_AGENT]);
	jf_wav_header_page(&format, f->bytes / jf_wav_frame_size(&format), comment, page);
	return write_at(f->fd, page, sizeof(page), 0);
}

/* Statistics of a side where they have changed; the last ones in a file count. */
static int seal_packets(struct jf_recording_file *f, const struct jf_recording_loss *loss,
                        uint64_t at_ns)
{
	uint8_t bytes[JF_CAPTURE_LOSS_SIZE];
	int err = 0;

	for (uint8_t side = 0; side < 2 && !err; side++) {
		if (loss->lost[side] == f->told[side])
			continue;
		jf_capture_loss(side, at_ns, loss->lost[side], bytes);
		err = jf_recording_file_append(f, bytes, sizeof(bytes));
		if (!err)
			f->told[side] = loss->lost[side];
	}
	return err;
}

int jf_recording_file_seal(struct jf_recording_file *f, const struct jf_recording_loss *loss,
                           uint64_t at_ns)
{
	return f->format == JF_RECORD_PACKETS ? seal_packets(f, loss, at_ns) : seal_wav(f, loss);
}

int jf_recording_file_close(struct jf_recording_file *f)
{
	int err = 0;

	if (f->fd >= 0 && close(f->fd))
		err = -errno;
	f->fd = -1;
	return err;
}
