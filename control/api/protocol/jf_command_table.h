/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every command of `jf` in one table. Help, checking of arguments on both sides of the socket,
 * completion, and the columns of listings come from here; control/cli has a handler for each row.
 */
#ifndef JF_COMMAND_TABLE_H
#define JF_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum jf_argument_kind {
	JF_ARGUMENT_TEXT,   /* 1 to 255 bytes */
	JF_ARGUMENT_CHOICE, /* one of choices */
	JF_ARGUMENT_FLAG,   /* JSON true or false; --name on the command line */
	JF_ARGUMENT_OPTION, /* as TEXT, but --name VALUE on the command line */
	JF_ARGUMENT_NUMBER, /* a whole number from 1; never positional */
	JF_ARGUMENT_FILES,  /* JSON {"folder", "list": [{"name", "text"}]}; a folder for jf */
	/* Kept by the command line, never part of a request. */
	JF_ARGUMENT_LOCAL_TEXT,
	JF_ARGUMENT_LOCAL_FLAG,
	JF_ARGUMENT_LOCAL_OPTION, /* --name VALUE */
};

struct jf_argument {
	const char *name;
	enum jf_argument_kind kind;
	bool required;
	const char *choices;  /* "a|b|c" for JF_ARGUMENT_CHOICE */
	const char *complete; /* the listing whose first column completes it, or NULL */
	const char *help;
};

struct jf_column {
	const char *key; /* of the row, "a.b" inside an object; its suffix gives the unit */
	const char *title;
};

enum jf_command_shape {
	JF_COMMAND_OBJECT,  /* data is one object */
	JF_COMMAND_LISTING, /* data is a page of rows */
	JF_COMMAND_STREAM,  /* event lines follow */
};

#define JF_COMMAND_ARGUMENTS_MAX 8
#define JF_COMMAND_COLUMNS_MAX   32

struct jf_command_spec {
	const char *name;
	enum jf_command_shape shape;
	const char *usage; /* after the name */
	const char *summary;
	const char *example;
	struct jf_argument arguments[JF_COMMAND_ARGUMENTS_MAX]; /* in order; name NULL ends them */
	struct jf_column columns[JF_COMMAND_COLUMNS_MAX];       /* key NULL ends them */
};

extern const struct jf_command_spec jf_command_table[];
extern const size_t jf_command_table_count;

/* NULL if there is none. */
const struct jf_command_spec *jf_command_find(const char *name);
const struct jf_argument *jf_command_argument(const struct jf_command_spec *spec, const char *name);

#endif
