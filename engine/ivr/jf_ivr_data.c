// SPDX-License-Identifier: BSD-3-Clause
/* Data by key, and the texts and conditions that are made of them. */
#include "jf_ivr_data.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"

#define CALL_PREFIX "call."

/* ---- Data ------------------------------------------------------------------------------------ */

static bool key_reads(const char *key, size_t length)
{
	if (!length || length > JF_IVR_DATA_KEY_MAX || !isalpha((unsigned char)key[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)key[i]) && !strchr("._-", key[i]))
			return false;
	return true;
}

bool jf_ivr_data_key_fits(const char *key)
{
	return key_reads(key, strlen(key)) && strncmp(key, CALL_PREFIX, strlen(CALL_PREFIX)) != 0;
}

static struct jf_ivr_datum *find(struct jf_ivr_data *data, const char *key)
{
	for (uint32_t i = 0; i < data->n; i++)
		if (!strcmp(data->list[i].key, key))
			return &data->list[i];
	return NULL;
}

const struct jf_ivr_datum *jf_ivr_data_find(const struct jf_ivr_data *data, const char *key)
{
	return find((struct jf_ivr_data *)(uintptr_t)data, key);
}

static void forget(char *text)
{
	explicit_bzero(text, strlen(text));
	free(text);
}

/* Not in the middle of a character of UTF-8. */
static size_t cut(const char *value)
{
	size_t length = strlen(value);

	if (length <= JF_IVR_DATA_VALUE_MAX)
		return length;
	length = JF_IVR_DATA_VALUE_MAX;
	while (length && ((unsigned char)value[length] & 0xc0u) == 0x80u)
		length--;
	return length;
}

int jf_ivr_data_set(struct jf_ivr_data *data, const char *key, const char *value, bool secret)
{
	struct jf_ivr_datum *old = find(data, key);
	size_t length = cut(value), more = length + (old ? 0 : strlen(key));
	size_t less = old ? strlen(old->value) : 0;
	char *copy, *name = NULL;

	if (!jf_ivr_data_key_fits(key))
		return -EINVAL;
	if ((!old && data->n == JF_IVR_DATA_KEYS) ||
	    data->bytes - less + more > JF_IVR_DATA_ALL_MAX)
		return -ENOSPC;
	copy = strndup(value, length);
	if (!old)
		name = strdup(key);
	if (!copy || (!old && !name)) {
		free(copy);
		free(name);
		return -ENOMEM;
	}
	if (old)
		forget(old->value);
	else
		old = &data->list[data->n++];
	if (name)
		old->key = name;
	old->value = copy;
	old->secret = secret;
	data->bytes = (uint32_t)(data->bytes - less + more);
	return 0;
}

void jf_ivr_data_clear(struct jf_ivr_data *data)
{
	for (uint32_t i = 0; i < data->n; i++) {
		free(data->list[i].key);
		forget(data->list[i].value);
	}
	*data = (struct jf_ivr_data){0};
}

/* ---- Values ---------------------------------------------------------------------------------- */

const char *jf_ivr_value(const struct jf_ivr *ivr, const char *key, bool *ret_secret)
{
	const struct jf_ivr_datum *datum;

	if (!strcmp(key, "call.caller"))
		return ivr->caller;
	if (!strcmp(key, "call.number"))
		return ivr->number;
	if (!strcmp(key, "call.id"))
		return ivr->call_id;
	if (!strcmp(key, "call.tenant"))
		return ivr->flows->list[ivr->flow].tenant;
	datum = jf_ivr_data_find(&ivr->data, key);
	if (!datum)
		return "";
	if (ret_secret)
		*ret_secret |= datum->secret;
	return datum->value;
}

/* ---- Templates ------------------------------------------------------------------------------- */

/* "{key}" at text: the length of it with its braces; 0: none. */
static size_t reference_at(const char *text, char ret_key[JF_IVR_DATA_KEY_MAX + 1])
{
	const char *end = text[0] == '{' ? strchr(text, '}') : NULL;
	size_t length = end ? (size_t)(end - text) - 1 : 0;

	if (!end || !key_reads(text + 1, length))
		return 0;
	memcpy(ret_key, text + 1, length);
	ret_key[length] = '\0';
	return length + 2;
}

const char *jf_ivr_template_check(const char *text)
{
	char key[JF_IVR_DATA_KEY_MAX + 1];

	/* Braces that enclose no key stand for themselves: JSON has many. */
	for (const char *c = text; *c; c++) {
		size_t length = reference_at(c, key);

		if (!length && c[0] == '{' && isalpha((unsigned char)c[1]))
			return "{ and a letter begin a key, which } ends: {account}";
		if (length && !strncmp(key, CALL_PREFIX, strlen(CALL_PREFIX)) &&
		    strcmp(key, "call.caller") != 0 && strcmp(key, "call.number") != 0 &&
		    strcmp(key, "call.tenant") != 0 && strcmp(key, "call.id") != 0)
			return "of the call there are call.caller, call.number, call.tenant and "
			       "call.id";
	}
	return NULL;
}

static bool passes(unsigned char c, enum jf_ivr_escape escape)
{
	if (escape == JF_IVR_FOR_URL)
		return isalnum(c) || (c && strchr("-._~", c));
	if (escape == JF_IVR_FOR_JSON)
		return c >= 0x20 && c != '"' && c != '\\';
	return true;
}

bool jf_ivr_expand(const struct jf_ivr *ivr, const char *template, enum jf_ivr_escape escape,
                   struct jf_ivr_text *ret_text)
{
	size_t at = 0;
	const char *c = template;

	ret_text->text[0] = '\0';
	while (*c) {
		char key[JF_IVR_DATA_KEY_MAX + 1], plain[2] = {*c, '\0'};
		size_t length = reference_at(c, key);
		const char *value = length ? jf_ivr_value(ivr, key, &ret_text->secret) : plain;

		for (; *value; value++) {
			char piece[8] = {*value, '\0'};
			size_t size;

			if (length && !passes((unsigned char)*value, escape))
				snprintf(piece, sizeof(piece),
				         escape == JF_IVR_FOR_URL ? "%%%02X" : "\\u%04x",
				         (unsigned char)*value);
			size = strlen(piece);
			if (at + size >= ret_text->size)
				return false;
			memcpy(ret_text->text + at, piece, size + 1);
			at += size;
		}
		c += length ? length : 1;
	}
	return true;
}

/* ---- Conditions ------------------------------------------------------------------------------ */

static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "starts"};

struct condition {
	char key[JF_IVR_DATA_KEY_MAX + 1];
	bool negated;
	const char *operator; /* NULL: has it a value? */
	char value[JF_IVR_DATA_VALUE_MAX + 1];
};

static const char *spaces(const char *text)
{
	return text + strspn(text, " \t");
}

static const char *condition_value(const char *text, struct condition *c)
{
	size_t length;

	text = spaces(text);
	length = strlen(text);
	while (length && strchr(" \t", text[length - 1]))
		length--;
	if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
		text++;
		length -= 2;
	} else if (!length) {
		return "a value is needed behind the comparison (\"\" for an empty one)";
	}
	if (length > JF_IVR_DATA_VALUE_MAX)
		return "the value is longer than data can be";
	memcpy(c->value, text, length);
	c->value[length] = '\0';
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *condition_read(const char *text, struct condition *c)
{
	size_t length;

	text = spaces(text);
	c->negated = !strncmp(text, "not ", 4);
	text = spaces(text + (c->negated ? 4 : 0));
	length = strcspn(text, " \t=!<>");
	if (!key_reads(text, length))
		return "a key is needed first, then == != < <= > >= or starts, then a value";
	memcpy(c->key, text, length);
	c->key[length] = '\0';
	text = spaces(text + length);
	c->operator= NULL;
	if (!*text)
		return NULL;
	if (c->negated)
		return "\"not\" goes with a key alone";
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!strncmp(text, operators[i], strlen(operators[i]))) {
			c->operator= operators[i];
			return condition_value(text + strlen(operators[i]), c);
		}
	}
	return "one of == != < <= > >= starts is needed behind the key";
}

const char *jf_ivr_condition_check(const char *text)
{
	struct condition c;

	return condition_read(text, &c);
}

/* A decimal number and nothing else: in millionths, so that no fraction is lost. */
static bool decimal(const char *text, int64_t *ret_millionths)
{
	bool negative = text[0] == '-';
	int64_t value = 0;
	unsigned int whole = 0, places = 0;

	for (text += negative; isdigit((unsigned char)*text) && whole < 12; text++, whole++)
		value = value * 10 + (*text - '0');
	if (!whole)
		return false;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text) && places < 6; text++, places++)
			value = value * 10 + (*text - '0');
	if (*text)
		return false;
	for (; places < 6; places++)
		value *= 10;
	*ret_millionths = negative ? -value : value;
	return true;
}

/* -1, 0, 1; false: neither. */
static bool order_of(const char *a, const char *b, int *ret_order)
{
	int64_t x, y;

	if (!decimal(a, &x) || !decimal(b, &y))
		return false;
	*ret_order = (x > y) - (x < y);
	return true;
}

bool jf_ivr_condition_holds(const struct jf_ivr *ivr, const char *text)
{
	struct condition c;
	const char *value;
	int order = 0;
	bool numbers;

	if (condition_read(text, &c))
		return false;
	value = jf_ivr_value(ivr, c.key, NULL);
	if (!c.operator)
		return (value[0] != '\0') != c.negated;
	if (!strcmp(c.operator, "starts"))
		return !strncmp(value, c.value, strlen(c.value));
	numbers = order_of(value, c.value, &order);
	if (!numbers)
		order = strcmp(value, c.value);
	if (c.operator[0] == '=')
		return order == 0;
	if (c.operator[0] == '!')
		return order != 0;
	if (!numbers)
		return false;
	if (c.operator[0] == '<')
		return order < 0 || (c.operator[1] == '=' && order == 0);
	return order > 0 || (c.operator[1] == '=' && order == 0);
}
