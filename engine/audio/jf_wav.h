/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * WAV headers, over buffers: files are the caller's. One or two channels, 16-bit PCM (little
 * endian), mu-law or A-law; read at 8,000 samples a second, PCM at 16,000 too.
 */
#ifndef JF_WAV_H
#define JF_WAV_H

#include <stddef.h>
#include <stdint.h>

#define JF_WAV_RATE       8000u
#define JF_WAV_RATE_WIDE  16000u
#define JF_WAV_HEADER_MAX 58u
#define JF_WAV_PAGE       4096u /* of a header with a comment */
#define JF_WAV_COMMENT    512u  /* the longest one, without its NUL */

enum jf_wav_coding {
	JF_WAV_PCM16,
	JF_WAV_PCMU,
	JF_WAV_PCMA,
};

struct jf_wav_format {
	enum jf_wav_coding coding;
	uint32_t channels; /* 1 or 2; samples of a moment stand side by side, left first */
	uint32_t rate;     /* a second; 0 when writing: JF_WAV_RATE */
};

struct jf_wav {
	struct jf_wav_format format;
	size_t data_offset;
	size_t data_length; /* bytes, whole samples of all channels */
};

/* Bytes of one moment: all channels. */
uint32_t jf_wav_frame_size(const struct jf_wav_format *format);

/* Size of the header that jf_wav_header writes: 44 (PCM) or 58. */
size_t jf_wav_header_size(const struct jf_wav_format *format);

/*
 * Writes the header of a file with so many samples a channel and gives its size. The sizes in it
 * stop at what 32 bits can say (74 hours of stereo G.711).
 */
size_t jf_wav_header(const struct jf_wav_format *format, uint64_t samples,
                     uint8_t ret_header[JF_WAV_HEADER_MAX]);

/*
 * The same with a comment (INFO chunk ICMT, ASCII) and padding, so that it is always JF_WAV_PAGE
 * long: the comment can be written anew, and data begins at a page. A comment that is too long is
 * cut off.
 */
void jf_wav_header_page(const struct jf_wav_format *format, uint64_t samples, const char *comment,
                        uint8_t ret_page[JF_WAV_PAGE]);

/*
 * Finds format and data in a whole file. Unknown chunks are skipped; a data chunk that says more
 * than there is (a file cut off, or made as a stream) ends where the file ends. 0; -EINVAL: not a
 * WAV, or damaged before its data; -ENOTSUP: a WAV, but of another rate, width, coding or number of
 * channels; -ENODATA: no samples in it.
 */
int jf_wav_parse(const uint8_t *file, size_t length, struct jf_wav *ret_wav);

#endif
