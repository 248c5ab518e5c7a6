// SPDX-License-Identifier: BSD-3-Clause
/* apply and export. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jf_apply.h"
#include "jf_commands_priv.h"
#include "jf_json.h"

/* The mistakes, or the warnings. */
static json_t *errors_json(const struct jf_directory_errors *errors, bool warnings)
{
	json_t *details = json_array();

	for (size_t i = 0; i < errors->count; i++) {
		const struct jf_directory_error *error = &errors->list[i];

		if (error->is_warning != warnings)
			continue;
		json_array_append_new(
		        details,
		        json_pack("{s:o, s:I, s:I, s:o}", "file",
		                  jf_bus_text(error->file, strlen(error->file)), "line",
		                  (json_int_t)error->line, "column", (json_int_t)error->column,
		                  "message", jf_bus_text(error->message, strlen(error->message))));
	}
	return details;
}

static json_t *changes_json(const struct jf_directory_diff *diff)
{
	static const char *const words[] = {[JF_DIRECTORY_ADDED] = "added",
	                                    [JF_DIRECTORY_CHANGED] = "changed",
	                                    [JF_DIRECTORY_REMOVED] = "removed"};
	json_t *changes = json_array();

	for (size_t i = 0; i < diff->count; i++) {
		const struct jf_directory_change *change = &diff->list[i];
		const char *fields = change->type == JF_DIRECTORY_CHANGED ? change->fields : NULL;

		json_array_append_new(changes, json_pack("{s:s, s:s, s:s, s:s*}", "change",
		                                         words[change->type], "kind", change->kind,
		                                         "name", change->name, "fields", fields));
	}
	return changes;
}

/* An apply that is being checked, and then waits for the disk. */
struct asking {
	struct jf_commands *commands;
	struct jf_reply *reply;
	json_t *args; /* what the files' names and texts point into */
	bool dry_run;
	char *told; /* the answer's data, made by the thread that checks: 30 ms for 21,000 agents */
	struct jf_apply_question question;
	struct jf_directory_file files[];
};

static void asking_free(struct asking *asking)
{
	json_decref(asking->args);
	free(asking->told);
	free(asking);
}

static void applied(int result, void *arg)
{
	struct asking *asking = arg;

	if (result) {
		jf_reply_error(asking->reply, JF_PROTOCOL_UNAVAILABLE, "not applied: %s",
		               strerror(-result));
	} else {
		jf_bus_publish_text(asking->commands->config.bus, "directory.applied",
		                    asking->told);
		jf_reply_text(asking->reply, asking->told, strlen(asking->told));
	}
	asking_free(asking);
}

static void commit(struct asking *asking, struct jf_apply_candidate *candidate)
{
	int err = jf_apply_commit(asking->commands->config.apply, candidate, applied, asking);

	if (!err)
		return;
	if (err == -EBUSY)
		jf_reply_error(asking->reply, JF_PROTOCOL_REFUSED, "another apply is under way");
	else
		jf_reply_error(asking->reply, JF_PROTOCOL_UNAVAILABLE, "not applied: %s",
		               strerror(-err));
	asking_free(asking);
}

/* By the thread that checks. */
static int compared(const struct jf_apply_candidate *candidate,
                    const struct jf_directory_errors *errors, void *arg)
{
	struct asking *asking = arg;
	json_t *data =
	        json_pack("{s:o, s:b, s:o}", "changes", changes_json(candidate->diff), "applied",
	                  !asking->dry_run, "warnings", errors_json(errors, true));

	asking->told = jf_json_text(data, NULL);
	json_decref(data);
	return asking->told ? 0 : -ENOMEM;
}

static void checked(int result, struct jf_apply_candidate *candidate,
                    const struct jf_directory_errors *errors, void *arg)
{
	struct asking *asking = arg;

	if (!result && !asking->dry_run && candidate->diff->count) {
		commit(asking, candidate);
		return;
	}
	if (result == -EINVAL)
		jf_reply_refused_files(asking->reply, "nothing was applied",
		                       errors_json(errors, false));
	else if (result)
		jf_reply_error(asking->reply, JF_PROTOCOL_INTERNAL, "not applied: %s",
		               strerror(-result));
	else
		jf_reply_text(asking->reply, asking->told, strlen(asking->told));
	asking_free(asking);
}

static int check(struct jf_commands *commands, const struct jf_request *request,
                 struct jf_reply *reply)
{
	const json_t *files = json_object_get(request->args, "files");
	const json_t *list = json_object_get(files, "list");
	size_t n = json_array_size(list);
	struct asking *asking = calloc(1, sizeof(*asking) + n * sizeof(asking->files[0]));
	int err;

	if (!asking)
		return -ENOMEM;
	asking->commands = commands;
	asking->reply = reply;
	asking->args = json_incref((json_t *)(uintptr_t)request->args);
	asking->dry_run = jf_request_flag(request, "dry-run");
	for (size_t i = 0; i < n; i++) {
		const json_t *file = json_array_get(list, i);
		const json_t *text = json_object_get(file, "text");

		asking->files[i].name = json_string_value(json_object_get(file, "name"));
		asking->files[i].text = json_string_value(text);
		asking->files[i].length = json_string_length(text);
	}
	asking->question = (struct jf_apply_question){
	        .folder = json_string_value(json_object_get(files, "folder")),
	        .files = asking->files,
	        .n_files = n,
	        .compared = compared,
	        .checked = checked,
	        .arg = asking};
	err = jf_apply_check(commands->config.apply, &asking->question);
	if (err)
		asking_free(asking);
	return err;
}

void jf_commands_apply(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	const json_t *files = json_object_get(request->args, "files");
	const char *folder = json_string_value(json_object_get(files, "folder"));
	int err;

	if (folder[0] != '/') {
		jf_reply_error(reply, JF_PROTOCOL_BAD_ARGUMENT, "folder must be an absolute path");
		return;
	}
	err = check(commands, request, reply);
	if (err == -EBUSY)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "another apply is under way");
	else if (err)
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "not applied: %s", strerror(-err));
}

/* An export being written. */
struct exporting {
	struct jf_reply *reply;
	char *told; /* the answer's data; NULL: no memory */
	size_t length;
};

/* By a thread of its own: 0.1 s for 21,000 agents. */
static void write_export(const struct jf_directory *directory, void *arg)
{
	struct exporting *exporting = arg;
	struct jf_json_writer w;
	char *yaml;

	if (jf_directory_export(directory, &yaml))
		return;
	jf_json_write(&w);
	jf_json_put_text(&w, "yaml", yaml);
	exporting->told = jf_json_written(&w, &exporting->length);
	explicit_bzero(yaml, strlen(yaml));
	free(yaml);
}

static void exported(void *arg)
{
	struct exporting *exporting = arg;

	if (exporting->told)
		jf_reply_text(exporting->reply, exporting->told, exporting->length);
	else
		jf_reply_error(exporting->reply, JF_PROTOCOL_INTERNAL, "out of memory");
	free(exporting->told);
	free(exporting);
}

void jf_commands_export(struct jf_commands *commands, const struct jf_request *request,
                        struct jf_reply *reply)
{
	struct exporting *exporting = calloc(1, sizeof(*exporting));
	int err = -ENOMEM;

	(void)request;
	if (exporting) {
		exporting->reply = reply;
		err = jf_apply_read(commands->config.apply, write_export, exported, exporting);
	}
	if (!err)
		return;
	free(exporting);
	if (err == -ENOENT)
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "no directory was ever applied");
	else
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "%s", strerror(-err));
}
