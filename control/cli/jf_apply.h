/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory in force: found again at start, compared with, replaced as a whole.
 *
 * Applying: the texts are parsed and checked whole, compared with the directory in force, written
 * to the store, and only when that is durable handed to the call layer. Nothing is applied if
 * anything is wrong. One at a time. Loop thread only; parsing and comparing, which take half a
 * second for 20,000 agents, are done by a thread of their own, as is giving back what is no longer
 * needed, and their agents are put in force some at a time.
 */
#ifndef JF_APPLY_H
#define JF_APPLY_H

#include <stdbool.h>

#include "jf_directory.h"

struct jf_calls;
struct jf_store;
struct jf_apply;

/*
 * The directory that the store holds, for main to begin with. 0; -ENOENT: none was ever applied;
 * -EINVAL: the store's text isn't one (ret_errors says why); -ENOMEM, -EIO.
 */
int jf_apply_load(struct jf_store *store, const char *realm, struct jf_directory **ret_directory,
                  struct jf_directory_errors *ret_errors);

struct jf_apply_config {
	struct jf_store *store;
	struct jf_calls *calls; /* NULL: nobody is told (tests) */
	const char *realm;      /* of the digest; outlives this */
	/*
	 * In force now (calls has it already); taken over. NULL: none. It and each one that
	 * follows is destroyed after the call layer was given the next.
	 */
	struct jf_directory *directory;
};

int jf_apply_create(const struct jf_apply_config *config, struct jf_apply **ret_apply);
void jf_apply_destroy(struct jf_apply *apply);

/* In force now, or NULL. Valid until the next one is. */
const struct jf_directory *jf_apply_directory(const struct jf_apply *apply);

/*
 * Has the directory in force read by a thread of its own, for what would hold the loop; it stays
 * until then, whatever is applied meanwhile. Then calls done, in the loop, at the latest from
 * jf_loop_close. 0; -ENOENT: none was ever applied; -ENOMEM, -EAGAIN: then nobody is called.
 */
typedef void jf_apply_reader(const struct jf_directory *directory, void *arg);
int jf_apply_read(struct jf_apply *apply, jf_apply_reader *read, void (*done)(void *arg),
                  void *arg);

struct jf_apply_candidate {
	struct jf_directory *directory; /* until it is committed */
	struct jf_directory_diff *diff;
	char *yaml; /* as it will stand in the store */
};

/*
 * What is to be checked. It and all that it points to must stay until checked is called, in the
 * loop, with 0, -EINVAL and errors, or -ENOMEM. That may commit the candidate there and then, which
 * is cleared afterwards. It isn't called if apply is destroyed before.
 */
struct jf_apply_question {
	const char *folder; /* absolute, where relative paths of sounds begin */
	const struct jf_directory_file *files;
	size_t n_files;
	/* By the thread that checks: a candidate without mistakes, for what is to be said of it to
	 * be written there, which may be long. 0 or -ENOMEM. */
	int (*compared)(const struct jf_apply_candidate *candidate,
	                const struct jf_directory_errors *errors, void *arg);
	void (*checked)(int result, struct jf_apply_candidate *candidate,
	                const struct jf_directory_errors *errors, void *arg);
	void *arg;
};

/*
 * Parses, checks and compares; changes nothing. Each sound must be there and be a WAV that the
 * engine can play. 0; -EBUSY: another one is under way; -ENOMEM, -EAGAIN: then nobody is called.
 */
int jf_apply_check(struct jf_apply *apply, const struct jf_apply_question *question);

/*
 * Puts a candidate in force; its directory is taken over on success. done is called once it is
 * durable and in use (0), or will not be (negative errno). 0; -EBUSY: another one is under way;
 * -ENOMEM, -ENOBUFS.
 */
typedef void jf_apply_done(int result, void *arg);
int jf_apply_commit(struct jf_apply *apply, struct jf_apply_candidate *candidate,
                    jf_apply_done *done, void *arg);

#endif
