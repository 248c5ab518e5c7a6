// SPDX-License-Identifier: BSD-3-Clause
/* Expressions as text, read and written. */
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16u

struct reader {
	struct jf_acd *acd;
	const char *text;
	size_t at;
	struct jf_acd_requirement *r;
	struct jf_acd_skill_error *error;
	unsigned int depth;
};

bool jf_acd_skill_reserved(const char *word, size_t n)
{
	return (n == 3 && (!strncmp(word, "and", 3) || !strncmp(word, "not", 3))) ||
	       (n == 2 && !strncmp(word, "or", 2));
}

static int fail(struct reader *in, int err, const char *what)
{
	*in->error = (struct jf_acd_skill_error){(uint32_t)in->at + 1, what};
	return err;
}

static size_t word_length(struct reader *in)
{
	in->at += strspn(in->text + in->at, " \t\r\n");
	return strspn(in->text + in->at, JF_ACD_SKILL_LETTERS);
}

/* Takes the word if it is next. */
static bool take(struct reader *in, const char *word)
{
	size_t n = word_length(in), length = strlen(word);

	if (n != length || strncmp(in->text + in->at, word, n))
		return false;
	in->at += n;
	return true;
}

static bool take_sign(struct reader *in, const char *sign)
{
	(void)word_length(in);
	if (strncmp(in->text + in->at, sign, strlen(sign)))
		return false;
	in->at += strlen(sign);
	return true;
}

static int put(struct reader *in, uint16_t op, uint32_t skill, uint16_t level)
{
	if (in->r->n == JF_ACD_TERMS_MAX)
		return fail(in, -E2BIG, "too many terms");
	in->r->terms[in->r->n++] = (struct jf_acd_term){skill, op, level};
	return 0;
}

static int read_comparison(struct reader *in, uint32_t skill)
{
	static const struct {
		const char *sign;
		enum jf_acd_term_op op;
		int more; /* added to the level: > 3 is >= 4 */
	} signs[] = {
	        {">=", JF_ACD_TERM_AT_LEAST, 0}, {"<=", JF_ACD_TERM_AT_MOST, 0},
	        {"==", JF_ACD_TERM_EQUAL, 0},    {"!=", JF_ACD_TERM_NOT_EQUAL, 0},
	        {">", JF_ACD_TERM_AT_LEAST, 1},  {"<", JF_ACD_TERM_AT_MOST, -1},
	        {"=", JF_ACD_TERM_EQUAL, 0},
	};

	for (unsigned int i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		unsigned int level;
		size_t n;

		if (!take_sign(in, signs[i].sign))
			continue;
		n = word_length(in);
		if (n < 1 || n > 2 || strspn(in->text + in->at, "0123456789") != n)
			return fail(in, -EINVAL, "a level from 0 to 10 is missing");
		level = (unsigned int)atoi(in->text + in->at);
		if (level > JF_ACD_LEVEL_MAX)
			return fail(in, -EINVAL, "levels go from 0 to 10");
		if ((signs[i].more > 0 && level == JF_ACD_LEVEL_MAX) ||
		    (signs[i].more < 0 && level == 0))
			return fail(in, -EINVAL, "no level is beyond that");
		in->at += n;
		return put(in, signs[i].op, skill, (uint16_t)((int)level + signs[i].more));
	}
	return put(in, JF_ACD_TERM_AT_LEAST, skill, 1);
}

static int read_skill(struct reader *in)
{
	char name[JF_ACD_SKILL_NAME_MAX];
	size_t n = word_length(in);
	uint32_t skill;

	if (!n)
		return fail(in, -EINVAL,
		            in->text[in->at] ? "not a skill, \"not\" or bracket"
		                             : "a skill is missing at the end");
	if (jf_acd_skill_reserved(in->text + in->at, n))
		return fail(in, -EINVAL, "a skill is missing before this word");
	if (n >= sizeof(name))
		return fail(in, -EINVAL, "the name of a skill is too long");
	memcpy(name, in->text + in->at, n);
	name[n] = '\0';
	if (jf_acd_skill(in->acd, in->r->tenant, name, &skill))
		return fail(in, -ENOMEM, "out of memory");
	in->at += n;
	return read_comparison(in, skill);
}

static int read_or(struct reader *in);

static int read_factor(struct reader *in)
{
	int err;

	if (++in->depth > DEPTH_MAX)
		return fail(in, -E2BIG, "too deep");
	if (take(in, "not")) {
		err = read_factor(in);
		if (!err)
			err = put(in, JF_ACD_TERM_NOT, 0, 0);
	} else if (take_sign(in, "(")) {
		err = read_or(in);
		if (!err && !take_sign(in, ")"))
			err = fail(in, -EINVAL, "a closing bracket is missing");
	} else {
		err = read_skill(in);
	}
	in->depth--;
	return err;
}

static int read_and(struct reader *in)
{
	int err = read_factor(in);

	while (!err && take(in, "and")) {
		err = read_factor(in);
		if (!err)
			err = put(in, JF_ACD_TERM_AND, 0, 0);
	}
	return err;
}

static int read_or(struct reader *in)
{
	int err = read_and(in);

	while (!err && take(in, "or")) {
		err = read_and(in);
		if (!err)
			err = put(in, JF_ACD_TERM_OR, 0, 0);
	}
	return err;
}

int jf_acd_requirement_parse(struct jf_acd *acd, const char *expression,
                             struct jf_acd_requirement *ret_r, struct jf_acd_skill_error *ret_error)
{
	struct reader in = {.acd = acd, .text = expression, .r = ret_r, .error = ret_error};
	int err;

	(void)word_length(&in);
	if (!in.text[in.at])
		return 0;
	err = read_or(&in);
	if (err)
		return err;
	(void)word_length(&in);
	if (in.text[in.at])
		return fail(&in, -EINVAL, "\"and\" or \"or\" is missing");
	return 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

#define TEXT_MAX (JF_ACD_TERMS_MAX * (JF_ACD_SKILL_NAME_MAX + 8u))

struct writer {
	const struct jf_acd_skills *skills;
	const struct jf_acd_requirement *r;
	char text[TEXT_MAX];
	size_t n;
};

/* Where the operand begins whose last term that is. */
static unsigned int begin_of(const struct jf_acd_requirement *r, unsigned int last)
{
	unsigned int missing = 1;

	for (;; last--) {
		uint16_t op = r->terms[last].op;

		if (op == JF_ACD_TERM_AND || op == JF_ACD_TERM_OR)
			missing++;
		else if (op != JF_ACD_TERM_NOT)
			missing--;
		if (!missing)
			return last;
	}
}

static void say(struct writer *out, const char *text)
{
	size_t n = strlen(text);

	if (out->n + n < TEXT_MAX) {
		memcpy(out->text + out->n, text, n + 1);
		out->n += n;
	}
}

static void write_skill(struct writer *out, const struct jf_acd_term *t)
{
	static const char *const signs[] = {
	        [JF_ACD_TERM_AT_LEAST] = ">=",
	        [JF_ACD_TERM_AT_MOST] = "<=",
	        [JF_ACD_TERM_EQUAL] = "=",
	        [JF_ACD_TERM_NOT_EQUAL] = "!=",
	};
	char level[16];

	say(out, out->skills->skills[t->skill].name);
	if (t->op == JF_ACD_TERM_AT_LEAST && t->level == 1)
		return;
	snprintf(level, sizeof(level), " %s %u", signs[t->op], t->level);
	say(out, level);
}

/* The operand that ends there; in brackets where the operator around it binds closer. */
static void write_operand(struct writer *out, unsigned int last, uint16_t around)
{
	const struct jf_acd_term *t = &out->r->terms[last];
	bool brackets = (t->op == JF_ACD_TERM_OR && around != JF_ACD_TERM_OR) ||
	                (t->op == JF_ACD_TERM_AND && around == JF_ACD_TERM_NOT);

	if (brackets)
		say(out, "(");
	if (t->op == JF_ACD_TERM_NOT) {
		say(out, "not ");
		write_operand(out, last - 1, JF_ACD_TERM_NOT);
	} else if (t->op == JF_ACD_TERM_AND || t->op == JF_ACD_TERM_OR) {
		write_operand(out, begin_of(out->r, last - 1) - 1, t->op);
		say(out, t->op == JF_ACD_TERM_AND ? " and " : " or ");
		write_operand(out, last - 1, t->op);
	} else {
		write_skill(out, t);
	}
	if (brackets)
		say(out, ")");
}

char *jf_acd_requirement_write(const struct jf_acd_skills *s, const struct jf_acd_requirement *r)
{
	struct writer out = {.skills = s, .r = r};

	write_operand(&out, r->n - 1, JF_ACD_TERM_OR);
	return strdup(out.text);
}
