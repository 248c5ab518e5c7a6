// SPDX-License-Identifier: BSD-3-Clause
/* The languages, as data. */
#include <string.h>

#include "prompt_priv.h"

#define BY_FORM(alone, masculine, feminine, neuter)                                                \
	{                                                                                          \
		[JF_PROMPT_ALONE] = alone, [JF_PROMPT_MASCULINE] = masculine,                      \
		[JF_PROMPT_FEMININE] = feminine, [JF_PROMPT_NEUTER] = neuter                       \
	}

static const struct jf_prompt_language languages[] = {
        {
                /* two hundred one; thirty-first; Monday, March third, twenty twenty-four */
                .code = "en",
                .own_below = 20,
                .millions = "digits/million",
                .one_ending = BY_FORM("", "", "", ""),
                .ordinals_below = UINT32_MAX,
                .ordinal_ending = BY_FORM("", "", "", ""),
                .years = JF_PROMPT_YEARS_PAIRS,
                .clock = JF_PROMPT_CLOCK_12,
                .date = "wmoy",
        },
        {
                /* einundzwanzig; eintausend, eine Million, zwei Millionen; ein Uhr eins; Montag,
                 * dritter Maerz zweitausendvierundzwanzig */
                .code = "de",
                .own_below = 20,
                .ones_first = true,
                .millions = "digits/millions",
                .one_ending = BY_FORM("", "N", "F", "N"),
                .hundred_form = JF_PROMPT_NEUTER,
                .thousand_form = JF_PROMPT_NEUTER,
                .million_form = JF_PROMPT_FEMININE,
                .ordinals_below = UINT32_MAX,
                .ordinal_ending = BY_FORM("", "", "F", "N"),
                .unit_form = {JF_PROMPT_FEMININE, JF_PROMPT_FEMININE, JF_PROMPT_FEMININE},
                .years = JF_PROMPT_YEARS_HUNDREDS,
                .clock = JF_PROMPT_CLOCK_UHR,
                .date = "womy",
        },
        {
                /* veintiuno, veintiun mil, treinta y una; cien, ciento uno, doscientas; mil; lunes
                 * tres de marzo de dos mil veinticuatro; ordinals to ten */
                .code = "es",
                .own_below = 30,
                .tens_and = "digits/and",
                .hundreds_own = true,
                .hundreds_feminine = true,
                .thousand_alone = true,
                .millions = "digits/millions",
                .one_ending = BY_FORM("", "M", "F", "M"),
                .thousand_form = JF_PROMPT_MASCULINE,
                .million_form = JF_PROMPT_MASCULINE,
                .ordinals_below = 11,
                .ordinal_ending = BY_FORM("", "", "F", ""),
                .unit_form = {JF_PROMPT_FEMININE, JF_PROMPT_MASCULINE, JF_PROMPT_MASCULINE},
                .years = JF_PROMPT_YEARS_NUMBER,
                .clock = JF_PROMPT_CLOCK_HOURS,
                .date = "wd,m,y",
        },
};

const struct jf_prompt_language *jf_prompt_language_find(const char *code)
{
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		size_t length = strlen(languages[i].code);

		if (strncmp(code, languages[i].code, length) == 0 &&
		    (code[length] == 0 || code[length] == '-' || code[length] == '_'))
			return &languages[i];
	}
	return NULL;
}
