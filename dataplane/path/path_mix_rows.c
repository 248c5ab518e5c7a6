// SPDX-License-Identifier: BSD-3-Clause
/*
 * Mixing, as it changes: rows and inputs come and go with commands, between bursts.
 */
#include <errno.h>
#include <string.h>
#include <rte_malloc.h>

#include "jf_path.h"
#include "jf_pcm.h"
#include "path_mix_priv.h"

#define SSRC_FIRST 0x4d495831u /* of rows, on their way into listeners' streams */

/* ---- Pools --------------------------------------------------------------------------------- */

uint64_t jf_mix_bytes(void)
{
	return sizeof(struct jf_mix_input) + sizeof(struct jf_mix_row);
}

int jf_mix_create(uint32_t inputs, struct jf_mix **ret_mix)
{
	struct jf_mix *mix = rte_zmalloc("jf_mix", sizeof(*mix), 64);

	if (!mix)
		return -ENOMEM;
	if (inputs > JF_MIX_INPUTS_MAX)
		inputs = JF_MIX_INPUTS_MAX;
	mix->inputs = rte_zmalloc("jf_mix_inputs", inputs * sizeof(*mix->inputs), 64);
	mix->rows = rte_zmalloc("jf_mix_rows", inputs * sizeof(*mix->rows), 64);
	if (inputs && (!mix->inputs || !mix->rows)) {
		jf_mix_destroy(mix);
		return -ENOMEM;
	}
	mix->size = inputs;
	mix->next_ssrc = SSRC_FIRST;
	mix->n_free_inputs = inputs;
	for (uint32_t i = inputs; i > 0; i--) {
		mix->inputs[i - 1].next = mix->free_inputs;
		mix->free_inputs = (uint16_t)i;
		mix->rows[i - 1].next = mix->free_rows;
		mix->free_rows = (uint16_t)i;
	}
	*ret_mix = mix;
	return 0;
}

void jf_mix_destroy(struct jf_mix *mix)
{
	if (!mix)
		return;
	rte_free(mix->inputs);
	rte_free(mix->rows);
	rte_free(mix);
}

/* ---- Inputs -------------------------------------------------------------------------------- */

static uint16_t open_input(struct jf_path *path, uint32_t endpoint, uint8_t phase)
{
	struct jf_mix *mix = path->mix;
	uint16_t handle = mix->free_inputs;
	struct jf_mix_input *input = jf_mix_input(mix, handle);

	mix->free_inputs = input->next;
	mix->n_free_inputs--;
	input->endpoint = endpoint;
	input->uses = 0;
	input->phase = phase;
	jf_mix_input_begin(input, path->parties[endpoint].codec);
	input->next = mix->phase_inputs[phase];
	mix->phase_inputs[phase] = handle;
	path->parties[endpoint].mix_input = handle;
	path->endpoints[endpoint].flags |= JF_ENDPOINT_MIXED;
	return handle;
}

static void detach_input(struct jf_path *path, struct jf_mix_input *input)
{
	if (input->endpoint == JF_CONTRACT_NONE)
		return;
	jf_mix_input_tell(path, input);
	path->slots[input->endpoint].mix.depth_ms = 0;
	path->parties[input->endpoint].mix_input = 0;
	path->endpoints[input->endpoint].flags &= (uint16_t)~JF_ENDPOINT_MIXED;
	input->endpoint = JF_CONTRACT_NONE;
}

static void release_input(struct jf_path *path, uint16_t handle)
{
	struct jf_mix *mix = path->mix;
	struct jf_mix_input *input = jf_mix_input(mix, handle);
	uint16_t *link = &mix->phase_inputs[input->phase];

	if (--input->uses)
		return;
	detach_input(path, input);
	while (*link != handle)
		link = &jf_mix_input(mix, *link)->next;
	*link = input->next;
	input->next = mix->free_inputs;
	mix->free_inputs = handle;
	mix->n_free_inputs++;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static uint64_t mark_of(uint32_t endpoint)
{
	/* splitmix64's finish: marks of a set, xored, tell it from any other */
	uint64_t z = (endpoint + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t signature_of(struct jf_mix *mix, const struct jf_mix_row *row)
{
	uint64_t signature = mark_of(row->listener);

	for (uint8_t p = 0; p < row->count; p++) {
		const struct jf_mix_part *part = &row->parts[p];

		if (part->leaving)
			continue;
		if (part->target != JF_PCM_GAIN_ONE)
			return 0;
		signature ^= mark_of(jf_mix_input(mix, part->input)->endpoint);
	}
	return signature;
}

static void unlink_row(struct jf_mix *mix, uint16_t handle)
{
	struct jf_mix_row *row = jf_mix_row(mix, handle);
	uint16_t *link = &mix->phase_rows[row->phase];

	while (*link != handle)
		link = &jf_mix_row(mix, *link)->next;
	*link = row->next;
	mix->in_phase[row->phase]--;
}

/* Rows with one signature stand side by side, so that one total serves them. */
static void link_row(struct jf_mix *mix, uint16_t handle)
{
	struct jf_mix_row *row = jf_mix_row(mix, handle);
	uint16_t *link = &mix->phase_rows[row->phase];

	row->signature = signature_of(mix, row);
	for (uint16_t *at = link; row->signature && *at; at = &jf_mix_row(mix, *at)->next) {
		if (jf_mix_row(mix, *at)->signature == row->signature) {
			link = at;
			break;
		}
	}
	row->next = *link;
	*link = handle;
	mix->in_phase[row->phase]++;
}

/* With those that it will be mixed with, if there are any, else where there are fewest. */
static uint8_t phase_for(struct jf_path *path, uint32_t listener, const struct jf_command_mix *list)
{
	struct jf_mix *mix = path->mix;
	uint8_t best = 0;

	if (path->parties[listener].mix_input)
		return jf_mix_input(mix, path->parties[listener].mix_input)->phase;
	for (uint8_t i = 0; i < list->count; i++) {
		const struct jf_party *source = &path->parties[list->sources[i].index];

		if (source->mix_input)
			return jf_mix_input(mix, source->mix_input)->phase;
		if (source->mix_row)
			return jf_mix_row(mix, source->mix_row)->phase;
	}
	for (uint8_t p = 1; p < JF_MIX_PHASES; p++)
		if (mix->in_phase[p] < mix->in_phase[best])
			best = p;
	return best;
}

static uint16_t open_row(struct jf_path *path, uint32_t listener, const struct jf_command_mix *list)
{
	struct jf_mix *mix = path->mix;
	uint16_t handle = mix->free_rows;
	struct jf_mix_row *row = jf_mix_row(mix, handle);

	mix->free_rows = row->next;
	row->listener = listener;
	row->ssrc = mix->next_ssrc++;
	row->sequence = 0;
	row->phase = phase_for(path, listener, list);
	row->count = 0;
	row->moving = false;
	jf_mix_row_begin(row, path->parties[listener].codec);
	link_row(mix, handle);
	path->parties[listener].mix_row = handle;
	return handle;
}

void jf_mix_part_remove(struct jf_path *path, struct jf_mix_row *row, uint8_t part)
{
	uint16_t input = row->parts[part].input;

	row->count--;
	row->parts[part] = row->parts[row->count];
	release_input(path, input);
}

static void leave(struct jf_mix_row *row, struct jf_mix_part *part)
{
	part->target = 0;
	part->leaving = true;
	row->moving = true;
}

static struct jf_mix_part *find_part(struct jf_mix_row *row, uint16_t input)
{
	for (uint8_t p = 0; p < row->count; p++)
		if (row->parts[p].input == input)
			return &row->parts[p];
	return NULL;
}

static void add_source(struct jf_path *path, struct jf_mix_row *row, uint32_t source, int gain_db)
{
	uint16_t input = path->parties[source].mix_input;
	struct jf_mix_part *part;

	if (input == 0)
		input = open_input(path, source, row->phase);
	part = find_part(row, input);
	if (!part) {
		part = &row->parts[row->count++];
		*part = (struct jf_mix_part){.input = input};
		jf_mix_input(path->mix, input)->uses++;
	}
	part->leaving = false;
	part->target = (int16_t)jf_pcm_gain(gain_db);
	row->moving |= part->target != part->gain;
}

/* Those that have left already in name make room, with a click at worst. */
static void drop_leaving(struct jf_path *path, struct jf_mix_row *row)
{
	for (uint8_t p = row->count; p-- > 0;)
		if (row->parts[p].leaving)
			jf_mix_part_remove(path, row, p);
}

static void set_sources(struct jf_path *path, struct jf_mix_row *row,
                        const struct jf_command_mix *list)
{
	if (row->count > JF_CONTRACT_MIX_MAX)
		drop_leaving(path, row);
	for (uint8_t p = 0; p < row->count; p++)
		leave(row, &row->parts[p]);
	for (uint8_t i = 0; i < list->count; i++)
		add_source(path, row, list->sources[i].index, list->gain_db[i]);
}

int jf_path_hear_mix(struct jf_path *path, uint32_t index, const struct jf_command_mix *list)
{
	struct jf_party *party = &path->parties[index];
	struct jf_mix *mix = path->mix;
	uint32_t new_inputs = 0;
	uint16_t handle;

	if (!mix)
		return -ENOSPC;
	for (uint8_t i = 0; i < list->count; i++)
		new_inputs += path->parties[list->sources[i].index].mix_input == 0;
	if (new_inputs > mix->n_free_inputs || (!party->mix_row && !mix->free_rows))
		return -ENOSPC;
	if (!party->mix_row) {
		jf_path_hear_nothing(path, index);
		open_row(path, index, list);
		party->hears = JF_HEARS_MIX;
	}
	handle = party->mix_row;
	unlink_row(mix, handle);
	set_sources(path, jf_mix_row(mix, handle), list);
	link_row(mix, handle);
	party->mix_id = list->mix_id;
	jf_path_publish(path, index);
	return 0;
}

void jf_path_mix_leave(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];
	struct jf_mix *mix = path->mix;
	uint16_t handle = party->mix_row;
	struct jf_mix_row *row = jf_mix_row(mix, handle);

	while (row->count)
		jf_mix_part_remove(path, row, row->count - 1);
	unlink_row(mix, handle);
	row->next = mix->free_rows;
	mix->free_rows = handle;
	party->mix_row = 0;
}

void jf_path_mix_close(struct jf_path *path, uint32_t index)
{
	uint16_t input = path->parties[index].mix_input;
	struct jf_mix *mix = path->mix;

	if (input == 0)
		return;
	for (uint32_t r = 1; r <= mix->size; r++) {
		struct jf_mix_row *row = jf_mix_row(mix, (uint16_t)r);
		struct jf_mix_part *part = find_part(row, input);

		if (!part)
			continue;
		unlink_row(mix, (uint16_t)r);
		leave(row, part);
		link_row(mix, (uint16_t)r);
	}
	detach_input(path, jf_mix_input(mix, input));
}
