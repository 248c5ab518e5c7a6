// SPDX-License-Identifier: BSD-3-Clause
#include "jf_wav.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "jf_reader.h"

/* RFC 2361 appendix A; all numbers in a WAV are little endian. */
#define TAG_PCM        0x0001u
#define TAG_ALAW       0x0006u
#define TAG_MULAW      0x0007u
#define TAG_EXTENSIBLE 0xfffeu

#define CHUNK_HEADER 8u
#define RIFF_HEADER  12u
#define FMT_PCM      16u
#define FMT_G711     18u /* with the size of an extension that isn't there */
#define FACT         4u

uint32_t jf_wav_frame_size(const struct jf_wav_format *format)
{
	return format->channels * (format->coding == JF_WAV_PCM16 ? 2 : 1);
}

size_t jf_wav_header_size(const struct jf_wav_format *format)
{
	if (format->coding == JF_WAV_PCM16)
		return RIFF_HEADER + CHUNK_HEADER + FMT_PCM + CHUNK_HEADER;
	return RIFF_HEADER + CHUNK_HEADER + FMT_G711 + CHUNK_HEADER + FACT + CHUNK_HEADER;
}

static uint8_t *put_text(uint8_t *at, const char *four)
{
	memcpy(at, four, 4);
	return at + 4;
}

static uint8_t *put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	return put16(put16(at, v), v >> 16);
}

static uint32_t tag_of(enum jf_wav_coding coding)
{
	switch (coding) {
	case JF_WAV_PCMU:
		return TAG_MULAW;
	case JF_WAV_PCMA:
		return TAG_ALAW;
	default:
		return TAG_PCM;
	}
}

/* How many samples a channel the 32-bit sizes can say. */
static uint32_t count_of(const struct jf_wav_format *format, uint64_t samples, uint32_t header)
{
	const uint64_t most = (UINT32_MAX - header) / jf_wav_frame_size(format);

	return (uint32_t)(samples < most ? samples : most);
}

/* Up to where the data chunk begins, or what stands before it. size: of the whole header. */
static uint8_t *put_format(uint8_t *at, const struct jf_wav_format *format, uint32_t count,
                           uint32_t size)
{
	const bool pcm = format->coding == JF_WAV_PCM16;
	const uint32_t frame = jf_wav_frame_size(format);
	const uint32_t rate = format->rate ? format->rate : JF_WAV_RATE;

	at = put_text(at, "RIFF");
	at = put32(at, size - CHUNK_HEADER + count * frame);
	at = put_text(at, "WAVE");
	at = put_text(at, "fmt ");
	at = put32(at, pcm ? FMT_PCM : FMT_G711);
	at = put16(at, tag_of(format->coding));
	at = put16(at, format->channels);
	at = put32(at, rate);
	at = put32(at, rate * frame);
	at = put16(at, frame);
	at = put16(at, pcm ? 16 : 8);
	if (!pcm) {
		at = put16(at, 0);
		at = put_text(at, "fact");
		at = put32(at, FACT);
		at = put32(at, count);
	}
	return at;
}

size_t jf_wav_header(const struct jf_wav_format *format, uint64_t samples,
                     uint8_t ret_header[JF_WAV_HEADER_MAX])
{
	const uint32_t size = (uint32_t)jf_wav_header_size(format);
	const uint32_t count = count_of(format, samples, size);
	uint8_t *at = put_format(ret_header, format, count, size);

	at = put_text(at, "data");
	at = put32(at, count * jf_wav_frame_size(format));
	return (size_t)(at - ret_header);
}

void jf_wav_header_page(const struct jf_wav_format *format, uint64_t samples, const char *comment,
                        uint8_t ret_page[JF_WAV_PAGE])
{
	const uint32_t count = count_of(format, samples, JF_WAV_PAGE);
	uint32_t length = (uint32_t)strnlen(comment, JF_WAV_COMMENT);
	uint32_t padded = (length + 2) & ~1u; /* with a NUL, to an even length */
	uint8_t *at;

	memset(ret_page, 0, JF_WAV_PAGE);
	at = put_format(ret_page, format, count, JF_WAV_PAGE);
	at = put_text(at, "LIST");
	at = put32(at, 4 + CHUNK_HEADER + padded);
	at = put_text(at, "INFO");
	at = put_text(at, "ICMT");
	at = put32(at, padded);
	memcpy(at, comment, length);
	at += padded;
	at = put_text(at, "JUNK");
	at = put32(at, JF_WAV_PAGE - CHUNK_HEADER - (uint32_t)(at + 4 - ret_page));
	at = ret_page + JF_WAV_PAGE - CHUNK_HEADER;
	at = put_text(at, "data");
	put32(at, count * jf_wav_frame_size(format));
}

static uint32_t take16(struct jf_reader *r)
{
	return __builtin_bswap16(jf_reader_u16be(r));
}

static uint32_t take32(struct jf_reader *r)
{
	return __builtin_bswap32(jf_reader_u32be(r));
}

static bool take_text(struct jf_reader *r, const char *four)
{
	const uint8_t *at = jf_reader_take(r, 4);

	return at && memcmp(at, four, 4) == 0;
}

static int parse_format(struct jf_reader *r, struct jf_wav_format *ret_format)
{
	struct jf_wav_format format;
	uint32_t tag = take16(r), rate, frame, bits;

	format.channels = take16(r);
	rate = take32(r);
	jf_reader_skip(r, 4);
	frame = take16(r);
	bits = take16(r);
	if (r->failed)
		return -EINVAL;
	if (tag == TAG_EXTENSIBLE) {
		/* size, valid bits, speakers; the tag is the first two bytes of the GUID */
		jf_reader_skip(r, 8);
		tag = take16(r);
		jf_reader_skip(r, 14);
		if (r->failed)
			return -EINVAL;
	}
	switch (tag) {
	case TAG_PCM:
		format.coding = JF_WAV_PCM16;
		break;
	case TAG_MULAW:
		format.coding = JF_WAV_PCMU;
		break;
	case TAG_ALAW:
		format.coding = JF_WAV_PCMA;
		break;
	default:
		return -ENOTSUP;
	}
	if (rate != JF_WAV_RATE && !(rate == JF_WAV_RATE_WIDE && format.coding == JF_WAV_PCM16))
		return -ENOTSUP;
	format.rate = rate;
	if (format.channels < 1 || format.channels > 2 ||
	    bits != (format.coding == JF_WAV_PCM16 ? 16 : 8))
		return -ENOTSUP;
	if (frame != jf_wav_frame_size(&format))
		return -EINVAL;
	*ret_format = format;
	return 0;
}

int jf_wav_parse(const uint8_t *file, size_t length, struct jf_wav *ret_wav)
{
	struct jf_reader r = jf_reader_make(file, length), chunk;
	bool riff = take_text(&r, "RIFF"), formatted = false;
	struct jf_wav wav = {0};
	int err;

	jf_reader_skip(&r, 4);
	if (!riff || !take_text(&r, "WAVE"))
		return -EINVAL;
	for (;;) {
		const uint8_t *name = jf_reader_take(&r, 4);
		uint32_t size = take32(&r);

		if (r.failed)
			return -EINVAL;
		if (memcmp(name, "data", 4) == 0) {
			size_t left = jf_reader_left(&r);

			if (!formatted)
				return -EINVAL;
			wav.data_offset = length - left;
			wav.data_length = size < left ? size : left;
			wav.data_length -= wav.data_length % jf_wav_frame_size(&wav.format);
			break;
		}
		chunk = jf_reader_sub(&r, size);
		jf_reader_skip(&r, size & 1); /* to an even length */
		if (r.failed)
			return -EINVAL;
		if (memcmp(name, "fmt ", 4) == 0) {
			err = parse_format(&chunk, &wav.format);
			if (err)
				return err;
			formatted = true;
		}
	}
	if (!wav.data_length)
		return -ENODATA;
	*ret_wav = wav;
	return 0;
}
