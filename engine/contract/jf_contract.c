// SPDX-License-Identifier: BSD-3-Clause
#include "jf_contract.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

static const char *const drop_names[] = {
#define X(name, text) [JF_DROP_##name] = text,
        JF_DROPS(X)
#undef X
};

static const char *const command_names[] = {[JF_COMMAND_INVALID] = "invalid",
#define X(name, text) [JF_COMMAND_##name] = text,
                                            JF_COMMANDS(X)
#undef X
};

const uint8_t jf_slot_drop_place[JF_DROP_COUNT] = {
        [JF_DROP_MALFORMED_RTP] = 1,   [JF_DROP_MALFORMED_RTCP] = 2,
        [JF_DROP_MALFORMED_EVENT] = 3, [JF_DROP_SOURCE_MISMATCH] = 4,
        [JF_DROP_NO_REMOTE] = 5,       [JF_DROP_UNKNOWN_PAYLOAD_TYPE] = 6,
        [JF_DROP_NOT_JOINED] = 7,      [JF_DROP_NOT_SENDING] = 8,
        [JF_DROP_NO_NEIGHBOUR] = 9,    [JF_DROP_NO_BUFFER] = 10,
        [JF_DROP_TAP_FULL] = 11,       [JF_DROP_LATE] = 12,
        [JF_DROP_NO_REPORT] = 13,      [JF_DROP_SRTP_AUTH] = 14,
        [JF_DROP_SRTP_REPLAY] = 15,    [JF_DROP_NOT_DECODABLE] = 16,
        [JF_DROP_MASKED] = 17,         [JF_DROP_SHED] = 18,
};

const char *jf_drop_name(enum jf_drop drop)
{
	return (unsigned)drop < JF_DROP_COUNT ? drop_names[drop] : "unknown";
}

static const char *const steering_names[] = {
#define X(name, text) [JF_STEERING_##name] = text,
        JF_STEERINGS(X)
#undef X
};

const char *jf_steering_name(enum jf_steering steering)
{
	return (unsigned)steering < JF_STEERING_COUNT ? steering_names[steering] : "unknown";
}

const char *jf_command_name(enum jf_command_type type)
{
	return (unsigned)type < JF_COMMAND_COUNT ? command_names[type] : "unknown";
}

static bool shape_is_valid(const struct jf_contract_shape *s)
{
	if (s->n_workers < 1 || s->n_workers > JF_CONTRACT_WORKERS_MAX)
		return false;
	if (s->n_addresses < 1 || s->n_addresses > JF_CONTRACT_ADDRESSES_MAX)
		return false;
	if (s->n_ports > JF_CONTRACT_PORTS_MAX)
		return false;
	if (s->endpoints_per_address < 1 || s->endpoints_per_address > 32000)
		return false;
	if (s->endpoints_per_address % s->n_workers)
		return false;
	if (s->port_first % 2 || s->port_first + 2 * s->endpoints_per_address > 65536)
		return false;
	if (s->n_recordings < 1 || s->n_recordings > 1u << 20)
		return false;
	return s->track_frames >= 64 && s->track_frames <= 65536 &&
	       (s->track_frames & (s->track_frames - 1)) == 0;
}

static uint64_t align64(uint64_t n)
{
	return (n + 63) & ~UINT64_C(63);
}

/* The one place that knows the order of the parts. Shapes are bounded, so nothing overflows. */
static uint64_t lay_out(const struct jf_contract_shape *s, struct jf_contract_header *ret)
{
	uint64_t rings = s->n_workers + 1;
	uint64_t endpoints = (uint64_t)s->n_addresses * s->endpoints_per_address;
	uint64_t at = align64(sizeof(struct jf_contract_header));

	ret->offset_commands = at;
	at += rings * sizeof(struct jf_command_ring);
	ret->offset_answers = at;
	at += rings * sizeof(struct jf_answer_ring);
	ret->offset_events = at;
	at += rings * sizeof(struct jf_event_ring);
	ret->offset_workers = at;
	at += rings * sizeof(struct jf_worker_counters);
	ret->offset_ports = at;
	at += s->n_ports * sizeof(struct jf_port_slot);
	ret->offset_traffic = at;
	at += (uint64_t)s->n_workers * JF_CONTRACT_PORTS_MAX * sizeof(struct jf_port_traffic);
	ret->offset_slots = at;
	at += endpoints * sizeof(struct jf_slot);
	ret->offset_recordings = at;
	at += s->n_recordings * sizeof(struct jf_recording);
	ret->offset_tracks = at;
	at += align64(endpoints * s->track_frames);
	return at;
}

int jf_contract_size(const struct jf_contract_shape *shape, uint64_t *ret_size)
{
	struct jf_contract_header header;

	if (!shape_is_valid(shape))
		return -EINVAL;
	*ret_size = lay_out(shape, &header);
	return 0;
}

static void map_parts(void *memory, struct jf_contract *ret)
{
	struct jf_contract_header *h = memory;
	uint8_t *base = memory;

	ret->header = h;
	ret->commands = (void *)(base + h->offset_commands);
	ret->answers = (void *)(base + h->offset_answers);
	ret->events = (void *)(base + h->offset_events);
	ret->workers = (void *)(base + h->offset_workers);
	ret->slots = (void *)(base + h->offset_slots);
	ret->recordings = (void *)(base + h->offset_recordings);
	ret->ports = (void *)(base + h->offset_ports);
	ret->traffic = (void *)(base + h->offset_traffic);
	ret->tracks = base + h->offset_tracks;
	ret->n_endpoints = h->shape.n_addresses * h->shape.endpoints_per_address;
	ret->endpoints_per_worker = h->shape.endpoints_per_address / h->shape.n_workers;
}

int jf_contract_create(void *memory, const struct jf_contract_shape *shape, uint64_t epoch,
                       uint32_t pid, struct jf_contract *ret_contract)
{
	struct jf_contract_header *h = memory;

	if (!shape_is_valid(shape) || (uintptr_t)memory % 64)
		return -EINVAL;
	h->size = lay_out(shape, h);
	h->version = JF_CONTRACT_VERSION;
	h->pid = pid;
	h->epoch = epoch;
	h->shape = *shape;
	map_parts(memory, ret_contract);
	for (uint32_t i = 0; i < ret_contract->n_endpoints; i++) {
		ret_contract->slots[i].tx.source = JF_CONTRACT_NONE;
		ret_contract->slots[i].identity.tap.index = JF_CONTRACT_NONE;
	}
	memset(ret_contract->tracks, JF_TRACK_NOTHING,
	       (size_t)ret_contract->n_endpoints * shape->track_frames);
	atomic_store_explicit(&h->magic, JF_CONTRACT_MAGIC, memory_order_release);
	return 0;
}

int jf_contract_attach(void *memory, uint64_t size, struct jf_contract *ret_contract)
{
	struct jf_contract_header *h = memory;
	struct jf_contract_header expected = {0};
	uint64_t magic;

	if (size < sizeof(*h))
		return -EINVAL;
	magic = atomic_load_explicit(&h->magic, memory_order_acquire);
	if (magic == 0)
		return -EAGAIN;
	if (magic != JF_CONTRACT_MAGIC)
		return -EINVAL;
	if (h->version != JF_CONTRACT_VERSION)
		return -EPROTO;
	if (!shape_is_valid(&h->shape))
		return -EINVAL;
	if (lay_out(&h->shape, &expected) != h->size || h->size > size)
		return -EINVAL;
	if (memcmp(&h->offset_commands, &expected.offset_commands,
	           offsetof(struct jf_contract_header, offset_traffic) + sizeof(uint64_t) -
	                   offsetof(struct jf_contract_header, offset_commands)))
		return -EINVAL;
	map_parts(memory, ret_contract);
	return 0;
}

/*
 * One producer, one consumer (see struct jf_ring_index). reserve and ready give the place of the
 * next message or -1; push and pop publish it.
 */
static int64_t ring_reserve(const struct jf_ring_index *index)
{
	uint32_t head = atomic_load_explicit(&index->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&index->tail, memory_order_acquire);

	return head - tail < JF_CONTRACT_RING_SIZE ? (int64_t)(head % JF_CONTRACT_RING_SIZE) : -1;
}

static int64_t ring_ready(const struct jf_ring_index *index)
{
	uint32_t tail = atomic_load_explicit(&index->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&index->head, memory_order_acquire);

	return head != tail ? (int64_t)(tail % JF_CONTRACT_RING_SIZE) : -1;
}

static void ring_push(struct jf_ring_index *index)
{
	uint32_t head = atomic_load_explicit(&index->head, memory_order_relaxed);

	atomic_store_explicit(&index->head, head + 1, memory_order_release);
}

static void ring_pop(struct jf_ring_index *index)
{
	uint32_t tail = atomic_load_explicit(&index->tail, memory_order_relaxed);

	atomic_store_explicit(&index->tail, tail + 1, memory_order_release);
}

int jf_contract_post(struct jf_contract *c, uint32_t ring, const struct jf_command *command)
{
	struct jf_ring_index *index = &c->commands[ring].index;
	uint32_t head = atomic_load_explicit(&index->head, memory_order_relaxed);
	uint32_t answered =
	        atomic_load_explicit(&c->answers[ring].index.tail, memory_order_relaxed);
	int64_t at = ring_reserve(index);

	/* Each command gets one answer, so head - answered is what may still land there. */
	if (at < 0 || head - answered >= JF_CONTRACT_RING_SIZE)
		return -EAGAIN;
	c->commands[ring].slots[at] = *command;
	ring_push(index);
	return 0;
}

int jf_contract_take_command(struct jf_contract *c, uint32_t ring, struct jf_command *ret_command)
{
	int64_t at = ring_ready(&c->commands[ring].index);

	if (at < 0)
		return -EAGAIN;
	*ret_command = c->commands[ring].slots[at];
	if (ret_command->type == JF_COMMAND_KEYS)
		explicit_bzero(&c->commands[ring].slots[at], sizeof(*ret_command));
	ring_pop(&c->commands[ring].index);
	return 0;
}

int jf_contract_answer(struct jf_contract *c, uint32_t ring, const struct jf_answer *answer)
{
	int64_t at = ring_reserve(&c->answers[ring].index);

	if (at < 0)
		return -EAGAIN;
	c->answers[ring].slots[at] = *answer;
	ring_push(&c->answers[ring].index);
	return 0;
}

int jf_contract_take_answer(struct jf_contract *c, uint32_t ring, struct jf_answer *ret_answer)
{
	int64_t at = ring_ready(&c->answers[ring].index);

	if (at < 0)
		return -EAGAIN;
	*ret_answer = c->answers[ring].slots[at];
	ring_pop(&c->answers[ring].index);
	return 0;
}

int jf_contract_emit(struct jf_contract *c, uint32_t ring, const struct jf_event *event)
{
	int64_t at = ring_reserve(&c->events[ring].index);

	if (at < 0)
		return -EAGAIN;
	c->events[ring].slots[at] = *event;
	ring_push(&c->events[ring].index);
	return 0;
}

int jf_contract_take_event(struct jf_contract *c, uint32_t ring, struct jf_event *ret_event)
{
	int64_t at = ring_ready(&c->events[ring].index);

	if (at < 0)
		return -EAGAIN;
	*ret_event = c->events[ring].slots[at];
	ring_pop(&c->events[ring].index);
	return 0;
}

uint32_t jf_contract_worker_of(const struct jf_contract *c, uint32_t endpoint)
{
	return endpoint % c->header->shape.endpoints_per_address / c->endpoints_per_worker;
}

uint16_t jf_contract_port_of(const struct jf_contract *c, uint32_t endpoint)
{
	return (uint16_t)(c->header->shape.port_first +
	                  2 * (endpoint % c->header->shape.endpoints_per_address));
}

/*
 * A writer is inside for nanoseconds, unless it was preempted there: then it may need our core to
 * go on. One that died inside leaves the counter odd for ever: look a bounded number of times.
 */
#define SEQ_LOOKS_MAX   30000 /* some 15 ms: longer than others are given a core at a time */
#define SEQ_LOOKS_EAGER 100

/* Whether to look again, because a writer was there since begin. */
static bool look_again(const jf_seq *seq, uint32_t begin, int look)
{
	if (!jf_seq_read_retry(seq, begin) || look >= SEQ_LOOKS_MAX)
		return false;
	if (look >= SEQ_LOOKS_EAGER)
		sched_yield();
	return true;
}

/*
 * A copy under a sequence counter may meet its writer, which is found afterwards by the counter,
 * and then it is taken again. ThreadSanitizer cannot know that the torn one is thrown away: it is
 * kept from looking here, and only here. Each word is loaded once.
 */
__attribute__((no_sanitize("thread"), noinline)) static void words_copy(const void *from, void *to,
                                                                        size_t size)
{
	typedef uint64_t __attribute__((may_alias, aligned(1))) word;
	const volatile word *source = from;
	const volatile uint8_t *rest;
	word *target = to;
	size_t words = size / sizeof(word);

	for (size_t i = 0; i < words; i++)
		target[i] = source[i];
	rest = (const volatile uint8_t *)&source[words];
	for (size_t i = 0; i < size % sizeof(word); i++)
		((uint8_t *)&target[words])[i] = rest[i];
}

static void seq_copy(const jf_seq *seq, const void *from, void *to, size_t size)
{
	uint32_t begin;
	int look = 0;

	do {
		begin = jf_seq_read_begin(seq);
		words_copy(from, to, size);
	} while (look_again(seq, begin, look++));
}

void jf_contract_read_identity(const struct jf_slot *slot, struct jf_slot_identity *ret)
{
	seq_copy(&slot->identity.seq, &slot->identity, ret, sizeof(*ret));
}

/* What arrives, both parts as of one moment. */
static void rx_copy(const struct jf_slot *slot, struct jf_slot_rx_kept *ret_kept,
                    struct jf_slot_rx_rare *ret_rare)
{
	uint32_t begin;
	int look = 0;

	do {
		begin = jf_seq_read_begin(&slot->rx.seq);
		words_copy(&slot->rx, ret_kept, sizeof(*ret_kept));
		words_copy(&slot->rx_rare, ret_rare, sizeof(*ret_rare));
	} while (look_again(&slot->rx.seq, begin, look++));
}

void jf_contract_read_rx(const struct jf_slot *slot, struct jf_slot_rx *ret)
{
	struct jf_slot_rx_kept kept;
	struct jf_slot_rx_rare rare;

	rx_copy(slot, &kept, &rare);
	*ret = (struct jf_slot_rx){
	        .ssrc = kept.stats.ssrc,
	        .highest = kept.stats.highest,
	        .packets = jf_rx_stats_packets(&kept.stats, &rare.stats),
	        .octets = jf_rx_stats_octets(&kept.stats, &rare.stats),
	        .expected = jf_rx_stats_expected(&kept.stats, &rare.stats),
	        .duplicates = rare.stats.duplicates,
	        .reordered = rare.stats.reordered,
	        .loss_runs = rare.stats.loss_runs,
	        .jitter_ts_q4 = kept.stats.jitter_ts_q4,
	        .clock_hz = rare.clock_hz,
	        .first_ns = rare.first_ns,
	        .last_ns =
	                rare.first_ns ? jf_slot_ns_of_tick(rare.first_ns, kept.stats.last_tick) : 0,
	        .ssrc_changes = rare.stats.ssrc_changes,
	};
}

void jf_contract_read_rtcp(const struct jf_slot *slot, struct jf_slot_rtcp *ret)
{
	seq_copy(&slot->rtcp.seq, &slot->rtcp, ret, sizeof(*ret));
}

void jf_contract_read_tx(const struct jf_contract *c, uint32_t endpoint, struct jf_slot_tx *ret)
{
	const struct jf_slot *slot = &c->slots[endpoint];
	struct jf_slot_tx_kept kept;
	struct jf_slot_rx_kept from;
	struct jf_slot_rx_rare from_rare;
	uint32_t begin;
	int look = 0;

	do {
		begin = jf_seq_read_begin(&slot->tx.seq);
		words_copy(&slot->tx, &kept, sizeof(kept));
		memset(&from, 0, sizeof(from));
		memset(&from_rare, 0, sizeof(from_rare));
		if (kept.source < c->n_endpoints)
			rx_copy(&c->slots[kept.source], &from, &from_rare);
	} while (look_again(&slot->tx.seq, begin, look++));
	*ret = (struct jf_slot_tx){
	        .ssrc = kept.ssrc,
	        .packets = kept.packets + jf_rx_stats_packets(&from.stats, &from_rare.stats),
	        .octets = kept.octets + jf_rx_stats_octets(&from.stats, &from_rare.stats),
	        .played = kept.played,
	};
}

void jf_contract_read_digits(const struct jf_slot *slot, struct jf_slot_digits *ret)
{
	struct jf_slot_presses kept;

	seq_copy(&slot->digits.seq, &slot->digits, &kept, sizeof(kept));
	ret->count = kept.count;
	for (uint32_t i = 0; i < JF_CONTRACT_DIGITS_KEPT; i++)
		ret->kept[i] = (struct jf_slot_digit){
		        .event = kept.kept[i].event,
		        .masked = kept.kept[i].masked,
		        .duration_ts = kept.kept[i].duration_ts,
		        .at_ns = slot->identity.opened_ns + kept.kept[i].at_ms * UINT64_C(1000000),
		};
}

void jf_contract_read_drops(const struct jf_slot *slot, uint32_t ret_drops[JF_DROP_COUNT])
{
	for (uint32_t reason = 0; reason < JF_DROP_COUNT; reason++) {
		uint8_t place = jf_slot_drop_place[reason];

		ret_drops[reason] = place ? slot->drops[place - 1] : 0;
	}
}

void jf_contract_read_port(const struct jf_port_slot *port, struct jf_port_slot *ret)
{
	seq_copy(&port->seq, port, ret, sizeof(*ret));
}

void jf_contract_read_recording(const struct jf_recording *recording, struct jf_recording *ret)
{
	seq_copy(&recording->seq, recording, ret, sizeof(*ret));
}

struct jf_track_part jf_contract_read_track(const struct jf_contract *c, uint32_t endpoint,
                                            uint32_t from, uint8_t *ret_levels, uint32_t room)
{
	const struct jf_slot *slot = &c->slots[endpoint];
	const uint8_t *levels = jf_contract_track(c, endpoint);
	uint32_t size = c->header->shape.track_frames;
	struct jf_slot_rx_kept before, after;
	struct jf_slot_rx_rare rare;
	struct jf_track_part part = {.first = from};

	rx_copy(slot, &before, &rare);
	part.start_ns = rare.track_ns;
	if (before.track.frames > size && part.first < before.track.frames - size)
		part.first = before.track.frames - size;
	if (part.first >= before.track.frames)
		return part;
	part.count = before.track.frames - part.first;
	if (part.count > room)
		part.count = room;
	for (uint32_t i = 0; i < part.count; i++)
		ret_levels[i] = jf_track_level(&before.track, levels, size - 1, part.first + i);
	seq_copy(&slot->rx.seq, &slot->rx, &after, sizeof(after));
	if (after.track.frames > size && part.first < after.track.frames - size) {
		uint32_t gone = after.track.frames - size - part.first;
		gone = gone < part.count ? gone : part.count;
		memmove(ret_levels, ret_levels + gone, part.count - gone);
		part.first += gone;
		part.count -= gone;
	}
	return part;
}
