// SPDX-License-Identifier: BSD-3-Clause
#include "jf_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_call.h"
#include "jf_loop.h"
#include "jf_store.h"
#include "jf_wav.h"
#include "jf_zone_file.h"

#define READ_MS 10u /* between looks whether the former directory is read still */

static const char directory_key[] = "current";

/* A check, in a thread of its own: it reads the directory in force, which stays that long. */
struct checking {
	struct jf_apply *apply; /* NULL: gone meanwhile */
	struct jf_loop_aside *aside;
	struct jf_directory_options options;
	const struct jf_apply_question *question;
	const struct jf_directory *former;
	struct jf_apply_candidate candidate;
	struct jf_directory_errors errors;
	int result;
};

/* The directory that was in force when it began is being read. */
struct reading {
	struct jf_apply *apply; /* NULL: gone meanwhile */
	struct reading *next;
	struct jf_loop_aside *aside;
	const struct jf_directory *directory;
	jf_apply_reader *read;
	void (*done)(void *arg);
	void *arg;
};

struct jf_apply {
	struct jf_apply_config config;
	struct jf_directory *directory;
	struct checking *checking;   /* at work, or NULL */
	struct jf_directory *coming; /* being committed, or NULL */
	struct jf_directory *former; /* until all is as the one in force has it, or NULL */
	struct reading *readings;
	bool settling;
	int result;
	struct jf_loop_timer timer; /* for the next step */
	jf_apply_done *done;
	void *arg;
};

int jf_apply_load(struct jf_store *store, const char *realm, struct jf_directory **ret_directory,
                  struct jf_directory_errors *ret_errors)
{
	struct jf_directory_options options = {.realm = realm, .zone_load = jf_zone_file_load};
	struct jf_directory_file file = {.name = "directory in the store"};
	void *yaml;
	int err;

	ret_errors->count = ret_errors->warnings = 0;
	err = jf_store_get(store, JF_STORE_DIRECTORY, directory_key, sizeof(directory_key) - 1,
	                   &yaml, &file.length);
	if (err)
		return err;
	file.text = yaml;
	err = jf_directory_parse(&file, 1, &options, ret_directory, ret_errors);
	free(yaml);
	return err;
}

int jf_apply_create(const struct jf_apply_config *config, struct jf_apply **ret_apply)
{
	struct jf_apply *apply = calloc(1, sizeof(*apply));

	if (!apply)
		return -ENOMEM;
	apply->config = *config;
	apply->directory = config->directory;
	*ret_apply = apply;
	return 0;
}

void jf_apply_destroy(struct jf_apply *apply)
{
	if (!apply)
		return;
	if (apply->checking) {
		jf_loop_aside_wait(apply->checking->aside);
		apply->checking->apply = NULL; /* what it has posted clears up */
	}
	for (struct reading *r = apply->readings; r; r = r->next) {
		jf_loop_aside_wait(r->aside);
		r->apply = NULL;
	}
	jf_loop_timer_cancel(&apply->timer);
	jf_directory_destroy(apply->former);
	jf_directory_destroy(apply->coming);
	jf_directory_destroy(apply->directory);
	free(apply);
}

const struct jf_directory *jf_apply_directory(const struct jf_apply *apply)
{
	return apply->directory;
}

static void read_run(void *arg)
{
	struct reading *reading = arg;

	reading->read(reading->directory, reading->arg);
}

/* In the loop again. */
static void on_read(void *arg)
{
	struct reading *reading = arg, **link;

	if (reading->apply) {
		for (link = &reading->apply->readings; *link != reading;)
			link = &(*link)->next;
		*link = reading->next;
	}
	jf_loop_part(JF_LOOP_COMMANDS);
	reading->done(reading->arg);
	free(reading);
}

int jf_apply_read(struct jf_apply *apply, jf_apply_reader *read, void (*done)(void *arg), void *arg)
{
	struct reading *reading;
	int err;

	if (!apply->directory)
		return -ENOENT;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return -ENOMEM;
	*reading = (struct reading){.apply = apply,
	                            .next = apply->readings,
	                            .directory = apply->directory,
	                            .read = read,
	                            .done = done,
	                            .arg = arg};
	err = jf_loop_aside_start(read_run, on_read, reading, &reading->aside);
	if (err)
		free(reading);
	else
		apply->readings = reading;
	return err;
}

static bool is_read(const struct jf_apply *apply, const struct jf_directory *directory)
{
	for (const struct reading *r = apply->readings; r; r = r->next)
		if (r->directory == directory)
			return true;
	return false;
}

/* What the dataplane's loader will accept: 8 kHz, mono. */
static int check_sound(const char *path, void *arg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct jf_wav wav;
	struct stat file;
	void *bytes;
	int err = 0;

	(void)arg;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &file)) {
		err = -errno;
		goto out;
	}
	if (!S_ISREG(file.st_mode) || file.st_size == 0) {
		err = -EINVAL;
		goto out;
	}
	bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		err = -errno;
		goto out;
	}
	err = jf_wav_parse(bytes, (size_t)file.st_size, &wav);
	if (!err && wav.format.channels != 1)
		err = -ENOTSUP;
	munmap(bytes, (size_t)file.st_size);
out:
	close(fd);
	return err;
}

static void checking_free(void *arg)
{
	struct checking *checking = arg;
	struct jf_apply_candidate *candidate = &checking->candidate;

	jf_directory_destroy(candidate->directory);
	free(candidate->diff);
	if (candidate->yaml)
		explicit_bzero(candidate->yaml, strlen(candidate->yaml));
	free(candidate->yaml);
	free(checking);
}

static void directory_free(void *arg)
{
	jf_directory_destroy(arg);
}

/* Some hundred thousand pieces of memory: not given back in the loop, if that can be. */
static void free_aside(void (*free_it)(void *arg), void *arg)
{
	if (jf_loop_aside_start(free_it, NULL, arg, NULL))
		free_it(arg);
}

/* In the loop again. */
static void on_checked(void *arg)
{
	struct checking *checking = arg;
	const struct jf_apply_question *question = checking->question;

	if (checking->apply) {
		jf_loop_part(JF_LOOP_COMMANDS);
		checking->apply->checking = NULL;
		question->checked(checking->result, &checking->candidate, &checking->errors,
		                  question->arg);
	}
	free_aside(checking_free, checking);
}

/* Touches nothing that the loop changes. */
static void check_run(void *arg)
{
	struct checking *c = arg;
	const struct jf_apply_question *q = c->question;

	c->result = jf_directory_parse(q->files, q->n_files, &c->options, &c->candidate.directory,
	                               &c->errors);
	if (!c->result)
		c->result =
		        jf_directory_compare(c->former, c->candidate.directory, &c->candidate.diff);
	if (!c->result && c->candidate.diff->count)
		c->result = jf_directory_export(c->candidate.directory, &c->candidate.yaml);
	if (!c->result)
		c->result = q->compared(&c->candidate, &c->errors, q->arg);
}

static bool is_busy(const struct jf_apply *apply)
{
	return apply->coming || apply->settling;
}

int jf_apply_check(struct jf_apply *apply, const struct jf_apply_question *question)
{
	struct checking *checking;
	int err;

	if (apply->checking || is_busy(apply))
		return -EBUSY;
	checking = calloc(1, sizeof(*checking));
	if (!checking)
		return -ENOMEM;
	checking->apply = apply;
	checking->options = (struct jf_directory_options){.realm = apply->config.realm,
	                                                  .base = question->folder,
	                                                  .sound_check = check_sound,
	                                                  .zone_load = jf_zone_file_load};
	checking->question = question;
	checking->former = apply->directory;
	err = jf_loop_aside_start(check_run, on_checked, checking, &checking->aside);
	if (err)
		free(checking);
	else
		apply->checking = checking;
	return err;
}

/* A step a turn, so that calls are served in between. */
static void settle(void *arg)
{
	struct jf_apply *apply = arg;
	int more = apply->config.calls ? jf_calls_directory_step(apply->config.calls) : 0;

	if (more < 0)
		apply->result = more;
	if (more || is_read(apply, apply->former)) {
		jf_loop_timer_start(&apply->timer, more ? 0 : READ_MS, settle, apply);
		return;
	}
	if (apply->former)
		free_aside(directory_free, apply->former);
	apply->former = NULL;
	apply->settling = false;
	apply->done(apply->result, apply->arg);
}

static void committed(int result, void *arg)
{
	struct jf_apply *apply = arg;

	if (result == 0 && apply->config.calls)
		result = jf_calls_directory_begin(apply->config.calls, apply->coming);
	if (result) {
		jf_directory_destroy(apply->coming);
		apply->coming = NULL;
		apply->done(result, apply->arg);
		return;
	}
	apply->former = apply->directory;
	apply->directory = apply->coming;
	apply->coming = NULL;
	apply->settling = true;
	apply->result = 0;
	settle(apply);
}

int jf_apply_commit(struct jf_apply *apply, struct jf_apply_candidate *candidate,
                    jf_apply_done *done, void *arg)
{
	struct jf_store_batch *batch;
	int err;

	if (is_busy(apply))
		return -EBUSY;
	if (!candidate->yaml)
		return -EINVAL;
	batch = jf_store_batch_begin(apply->config.store);
	jf_store_batch_put(batch, JF_STORE_DIRECTORY, directory_key, sizeof(directory_key) - 1,
	                   candidate->yaml, strlen(candidate->yaml));
	apply->coming = candidate->directory;
	apply->done = done;
	apply->arg = arg;
	err = jf_store_batch_commit(batch, committed, apply);
	if (err)
		apply->coming = NULL;
	else
		candidate->directory = NULL;
	return err;
}
