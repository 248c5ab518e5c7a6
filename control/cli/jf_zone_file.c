// SPDX-License-Identifier: BSD-3-Clause
#include "jf_zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE "/usr/share/zoneinfo"

int jf_zone_file_load(const char *name, struct jf_zone **ret_zone, void *arg)
{
	char path[256], *bytes = NULL;
	struct stat file;
	ssize_t length;
	int fd, err = 0;

	(void)arg;
	if (snprintf(path, sizeof(path), DATABASE "/%s", name) >= (int)sizeof(path))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (fstat(fd, &file))
		err = -errno;
	else if (!S_ISREG(file.st_mode) || file.st_size > JF_ZONE_FILE_MAX)
		err = -EINVAL;
	if (!err)
		bytes = malloc((size_t)file.st_size + 1);
	if (!err && !bytes)
		err = -ENOMEM;
	length = err ? 0 : read(fd, bytes, (size_t)file.st_size);
	if (length < 0)
		err = -errno;
	if (!err)
		err = jf_zone_parse(bytes, (size_t)length, ret_zone);
	free(bytes);
	close(fd);
	return err;
}
