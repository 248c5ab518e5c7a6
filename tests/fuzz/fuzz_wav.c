// SPDX-License-Identifier: BSD-3-Clause
/* WAV files: what is found lies inside the file and is whole samples. */
#include "jf_fuzz.h"
#include "jf_wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_wav wav;

	if (jf_wav_parse(bytes, length, &wav) == 0) {
		JF_FUZZ_ASSERT(wav.data_offset <= length);
		JF_FUZZ_ASSERT(wav.data_length && wav.data_length <= length - wav.data_offset);
		JF_FUZZ_ASSERT(wav.data_length % jf_wav_frame_size(&wav.format) == 0);
	}
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static uint8_t files[3][JF_WAV_HEADER_MAX + 64];
	static struct jf_fuzz_sample samples[3];

	for (unsigned i = 0; i < 3; i++) {
		const struct jf_wav_format format = {.coding = (enum jf_wav_coding)i,
		                                     .channels = 1 + i % 2};
		size_t header = jf_wav_header(&format, 16, files[i]);

		samples[i].bytes = files[i];
		samples[i].length = header + 16 * jf_wav_frame_size(&format);
	}
	*ret_count = 3;
	return samples;
}
