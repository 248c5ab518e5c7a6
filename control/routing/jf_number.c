// SPDX-License-Identifier: BSD-3-Clause
#include "jf_number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 15u /* E.164 section 6.2.1 */
#define DIGITS_MIN 4u  /* behind the plus sign */

static bool is_short(const struct jf_directory_plan *plan, const char *digits)
{
	for (size_t i = 0; i < plan->n_allow; i++)
		if (strcmp(plan->allow[i], digits) == 0)
			return true;
	return false;
}

/* Digits and a plus sign in front, without visual separators. */
static int take_digits(const char *dialled, char ret_digits[JF_NUMBER_MAX], bool *ret_plus)
{
	size_t n = 0;

	*ret_plus = false;
	for (const char *c = dialled; *c; c++) {
		if (*c >= '0' && *c <= '9' && n < JF_NUMBER_MAX - 1)
			ret_digits[n++] = *c;
		else if (*c == '+' && !n && !*ret_plus)
			*ret_plus = true;
		else if (!strchr(" -./()", *c))
			return -EINVAL;
	}
	ret_digits[n] = '\0';
	return n ? 0 : -EINVAL;
}

static bool begins(const char *digits, const char *prefix)
{
	return prefix[0] && strncmp(digits, prefix, strlen(prefix)) == 0;
}

static int international(const char *country, const char *rest, char ret_number[JF_NUMBER_MAX])
{
	size_t length = strlen(country) + strlen(rest);

	if (length < DIGITS_MIN || length > DIGITS_MAX || (country[0] ? country : rest)[0] == '0')
		return -EINVAL;
	snprintf(ret_number, JF_NUMBER_MAX, "+%s%s", country, rest);
	return 0;
}

int jf_number_normalize(const struct jf_directory_plan *plan, const char *dialled,
                        char ret_number[JF_NUMBER_MAX])
{
	char digits[JF_NUMBER_MAX];
	bool plus;
	int err = take_digits(dialled, digits, &plus);

	if (err)
		return err;
	if (plus)
		return international("", digits, ret_number);
	if (is_short(plan, digits)) {
		memcpy(ret_number, digits, sizeof(digits));
		return 0;
	}
	if (begins(digits, plan->international_prefix))
		return international("", digits + strlen(plan->international_prefix), ret_number);
	if (!plan->country[0])
		return -ENOTSUP;
	return international(plan->country,
	                     digits + (begins(digits, plan->national_prefix)
	                                       ? strlen(plan->national_prefix)
	                                       : 0),
	                     ret_number);
}

/* The length of the longest entry that fits, 0 if none does. Short numbers fit as a whole. */
static size_t longest(const char *const *list, size_t count, const char *number)
{
	size_t best = 0;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]);
		bool fits =
		        list[i][0] == '+' ? begins(number, list[i]) : strcmp(number, list[i]) == 0;

		if (fits && length > best)
			best = length;
	}
	return best;
}

enum jf_number_verdict jf_number_check(const struct jf_directory_plan *plan, const char *number,
                                       bool open)
{
	size_t allowed = longest(plan->allow, plan->n_allow, number);
	size_t denied = longest(plan->deny, plan->n_deny, number);

	if (denied && denied >= allowed)
		return JF_NUMBER_DENIED;
	if (allowed || (open && !plan->n_allow))
		return JF_NUMBER_ALLOWED;
	return JF_NUMBER_NOT_ALLOWED;
}

static void form(const struct jf_directory_plan *plan, const char *number,
                 char ret_text[JF_NUMBER_MAX])
{
	size_t country = strlen(plan->country);

	if (number[0] != '+' || plan->form == JF_DIRECTORY_FORM_PLUS)
		snprintf(ret_text, JF_NUMBER_MAX, "%.31s", number);
	else if (plan->form == JF_DIRECTORY_FORM_DIGITS)
		snprintf(ret_text, JF_NUMBER_MAX, "%.30s", number + 1);
	else if (begins(number + 1, plan->country))
		snprintf(ret_text, JF_NUMBER_MAX, "%.8s%.15s", plan->national_prefix,
		         number + 1 + country);
	else
		snprintf(ret_text, JF_NUMBER_MAX, "%.8s%.15s",
		         plan->international_prefix[0] ? plan->international_prefix : "00",
		         number + 1);
}

void jf_number_write(const struct jf_directory_plan *plan, const char *number,
                     char ret_text[JF_NUMBER_MAX])
{
	char text[JF_NUMBER_MAX];
	size_t strip = plan->strip;

	if (number[0] != '+') {
		form(plan, number, ret_text);
		return;
	}
	form(plan, number, text);
	strip += strip && text[0] == '+'; /* digits are counted, the sign goes with them */
	snprintf(ret_text, JF_NUMBER_MAX, "%.8s%.23s", plan->prepend,
	         strip < strlen(text) ? text + strip : "");
}

void jf_number_present(const struct jf_directory_plan *plan, const char *number,
                       char ret_text[JF_NUMBER_MAX])
{
	char digits[JF_NUMBER_MAX], text[JF_NUMBER_MAX];
	bool plus;

	ret_text[0] = '\0';
	if (take_digits(number, digits, &plus))
		return;
	snprintf(text, sizeof(text), "%s%.30s", plus ? "+" : "", digits);
	form(plan, text, ret_text);
}
