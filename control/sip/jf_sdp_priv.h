/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of SDP share: words of a line, and the formats of one m= section. */
#ifndef JF_SDP_PRIV_H
#define JF_SDP_PRIV_H

#include "jf_reader.h"
#include "jf_sdp.h"

#define JF_SDP_TYPES 128 /* payload type numbers */

/* The next word, up to a separator, which is taken too. Fails on an empty word. */
struct jf_reader jf_sdp_word(struct jf_reader *line, char separator);

/* Compared without regard to case. */
bool jf_sdp_is(const struct jf_reader *word, const char *text);

/* Takes text from the begin of line if it is there. */
bool jf_sdp_prefix(struct jf_reader *line, const char *text);

/* The whole word as a decimal number up to max, which is below 10^9. */
bool jf_sdp_number(const struct jf_reader *word, uint32_t max, uint32_t *ret_value);

/* Visible ASCII only (blanks: with spaces): it is written again. false: too long, or something
 * else. */
bool jf_sdp_copy(const struct jf_reader *word, bool blanks, char *ret_text, size_t size);

/* What a payload type number stands for. The words lie in the text that is read. */
struct jf_sdp_format {
	uint8_t channels;
	uint32_t clock_hz;     /* 0: not known */
	struct jf_reader name; /* empty: not known */
	struct jf_reader fmtp; /* empty: none */
};

struct jf_sdp_formats {
	uint8_t count;
	uint8_t types[JF_SDP_TYPES]; /* in the order of the m= line */
	struct jf_sdp_format of[JF_SDP_TYPES];
};

/* The numbers that RFC 3551 gives meaning to. */
void jf_sdp_formats_begin(struct jf_sdp_formats *formats);

/* What stands behind "rtpmap:" and "fmtp:". false: malformed. */
bool jf_sdp_rtpmap_read(struct jf_sdp_formats *formats, struct jf_reader line);
bool jf_sdp_fmtp_read(struct jf_sdp_formats *formats, struct jf_reader line);

/* The first codec of the formats, or with like the one that is the same. false: there is none that
 * could be passed on as it is; ret_video's codec is as it was. */
bool jf_sdp_formats_video(const struct jf_sdp_formats *formats, const struct jf_sdp_video *like,
                          struct jf_sdp_video *ret_video);

/* Codecs and telephone-events into the description. */
void jf_sdp_formats_take(const struct jf_sdp_formats *formats, struct jf_media_desc *media);

#endif
