/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside control/media: what shall be, for every endpoint, recording and sound, and what of it the
 * dataplane has not been told yet (the dirty bits).
 */
#ifndef JF_MEDIA_PRIV_H
#define JF_MEDIA_PRIV_H

#include <sys/types.h>

#include "jf_contract.h"
#include "jf_ip.h"
#include "jf_list.h"
#include "jf_media.h"

#define JF_MEDIA_QUARANTINE_NS UINT64_C(2000000000) /* before a port or recording is used again */
#define JF_MEDIA_SWEEP_NS      UINT64_C(1000000000) /* every slot is looked at this often */
/* A file that is not closed so long after its end is given up: the recorder bridges a disk that
 * stands still for 30 s; without a dataplane there is nothing to wait for. */
#define JF_MEDIA_RECORD_END_NS      UINT64_C(45000000000)
#define JF_MEDIA_RECORD_END_GONE_NS UINT64_C(10000000000)

enum jf_media_use {
	JF_MEDIA_UNUSED,
	JF_MEDIA_FOUND, /* open in the dataplane, nobody's here */
	JF_MEDIA_USED,
	JF_MEDIA_ENDED, /* a recording whose file is being closed */
};

enum {
	/* Of an endpoint, in the order in which they are told. */
	JF_MEDIA_DIRTY_OPEN = 1,
	JF_MEDIA_DIRTY_KEYS = 2,
	JF_MEDIA_DIRTY_MASK = 4,
	JF_MEDIA_DIRTY_REMOTE = 8,
	JF_MEDIA_DIRTY_HEARS = 16,
	JF_MEDIA_DIRTY_TAP = 32,
	JF_MEDIA_DIRTY_DIGITS = 64,
	JF_MEDIA_DIRTY_KEYFRAME = 128,
	JF_MEDIA_DIRTY_CLOSE = 256,
	/* Of a file. */
	JF_MEDIA_DIRTY_RECORD = 1,
	JF_MEDIA_DIRTY_RECORD_END = 2,
};

enum jf_media_hears {
	JF_MEDIA_HEARS_NOTHING,
	JF_MEDIA_HEARS_STREAM,
	JF_MEDIA_HEARS_LIST,
	JF_MEDIA_HEARS_MIX,
	JF_MEDIA_HEARS_AS_FOUND, /* sounds or a mix, when the endpoint was adopted */
};

/* Key presses that the party is to be sent. */
struct jf_media_presses {
	char waiting[JF_MEDIA_SEND_DIGITS_MAX + 1]; /* terminated */
	uint16_t duration_ms;
	uint32_t id;      /* of those under way, or of the latest */
	uint64_t busy_ns; /* until then those under way are being sent */
};

/* Keys of a party, and how far what came under them did, in dataplanes that are gone. */
struct jf_media_locks {
	struct jf_media_keys keys;
	bool goes_on;
	uint32_t rx_ssrc, rx_roc;
	uint16_t rx_sequence;
};

/* The slot's figures when a stretch began that is to be rated. */
struct jf_media_window {
	uint64_t since_ns; /* 0: none has begun */
	uint32_t expected, lost, loss_runs;
};

struct jf_media_endpoint {
	struct jf_link active; /* in media->active, the one looked at longest ago first */
	struct jf_link dirty_link;
	uint16_t dirty;
	uint8_t use;
	uint8_t side;
	uint8_t hears;
	bool started;
	bool has_remote;
	bool mask;
	uint32_t generation; /* of this use, or of the latest one */
	struct jf_call_id call;
	struct jf_media_remote remote;
	struct jf_media_locks *locks;     /* NULL: plain. Wiped before it is freed */
	struct jf_media_mix *mix;         /* of HEARS_MIX, or NULL */
	struct jf_media_presses *presses; /* NULL: none ever */
	struct jf_media_ref source;       /* of HEARS_STREAM */
	uint32_t listener;                /* who hears this one; JF_CONTRACT_NONE */
	struct jf_media_playlist list;
	uint32_t play_id;
	uint32_t played; /* the play_id last reported */
	struct jf_media_ref tap;
	uint8_t tap_side;                /* of the recording */
	uint32_t digits;                 /* so many of the slot's were reported */
	struct jf_media_stream *carried; /* its figures in dataplanes that are gone; NULL: none */
	uint64_t counted_packets, counted_lost; /* of the slot's: they are in media->past */
	struct jf_media_window window;
	double mos_min; /* of the windows so far; 0: none was rated */
	uint64_t looked_ns;
	uint64_t freed_ns;
};

struct jf_media_file {
	struct jf_link active;
	struct jf_link dirty_link;
	uint8_t use;
	uint8_t dirty;
	uint8_t format; /* enum jf_media_format */
	bool orphan;    /* found and nobody's: ended without a word */
	bool reported;  /* its failure */
	uint32_t generation;
	uint32_t worker;
	struct jf_media_ref taps[2]; /* the endpoints that feed it, by side */
	int error;                   /* of the command; the slot has the file's */
	struct jf_call_id call;
	uint64_t looked_ns, ended_ns, freed_ns;
	char path[JF_CONTRACT_PATH_MAX];
};

enum jf_media_sound_state {
	JF_MEDIA_SOUND_NONE, /* the place is free */
	JF_MEDIA_SOUND_NEW,  /* to be sent */
	JF_MEDIA_SOUND_SENT,
	JF_MEDIA_SOUND_LOADED,
	JF_MEDIA_SOUND_FAILED,
	JF_MEDIA_SOUND_LEAVING, /* its unloading is to be sent; then the place is free */
};

struct jf_media_sound {
	char *path;     /* NULL: the place is free */
	uint64_t stamp; /* of the file's size and time */
	uint16_t id;    /* in the dataplane; differs from the place here */
	uint16_t use;   /* of the place: answers to those before are not for this one */
	uint8_t state;
	uint8_t tries;
	bool unwanted;      /* unloaded as soon as no list has it */
	uint32_t listeners; /* places in lists that endpoints hear */
	uint64_t used_ns;   /* last asked for, or let go by a list */
	int error;
};

/* Indexes that are free, the one freed longest ago first. */
struct jf_media_pool {
	uint32_t *ring;
	uint32_t size, head, count;
};

struct jf_media_worker {
	struct jf_media_pool pools[JF_CONTRACT_ADDRESSES_MAX]; /* by address */
	struct jf_list dirty_endpoints;
	struct jf_list dirty_files;
	bool full; /* its ring, when something was last posted: what is dirty waits for the poll */
};

struct jf_media {
	char *segment;
	jf_media_handler *handler;
	void *arg;
	uint32_t first_generation;
	uint64_t now_ns; /* of the poll or call under way */

	/* the mapping; memory NULL: never attached */
	void *memory;
	size_t memory_size;
	dev_t device;
	ino_t inode;
	int refused; /* why the file at the path could not be used, last time */
	struct jf_contract contract;
	struct jf_contract_shape shape;
	bool up;
	struct jf_media_load load;
	struct {
		uint64_t since_ns; /* 0: not begun */
		uint64_t cycles[JF_CONTRACT_WORKERS_MAX];
	} late;             /* as it was when the present ten seconds began */
	bool fresh;         /* BACK is due for a dataplane not seen before */
	uint64_t looked_ns; /* at the file */
	uint64_t busy_ns;
	uint64_t emitted; /* events, since it began */

	uint32_t n_endpoints, n_workers, n_files;
	struct jf_media_endpoint *endpoints;
	struct jf_media_file *files;
	struct jf_media_worker workers[JF_CONTRACT_WORKERS_MAX];
	struct jf_media_pool file_pool;
	struct jf_list active, active_files;
	uint32_t endpoints_used, files_used;

	struct jf_media_sound sounds[JF_CONTRACT_SOUNDS_MAX];
	uint32_t n_sounds;    /* places that were ever used; some may be free again */
	uint64_t tended_ns;   /* when those were looked for that nobody asks for */
	uint64_t leftover_ns; /* from then on what an earlier control loaded may be unloaded */
	bool leftovers_play;  /* some of it may be heard */
	uint32_t leftover_id; /* ids below it are known to be ours, or empty */
	bool link_down[JF_CONTRACT_PORTS_MAX]; /* as last told */
	bool sounds_waiting;
	uint32_t next_play_id; /* lists of sounds, mixes and key presses count together */

	struct jf_media_event *deferred; /* for the next poll */
	size_t n_deferred, deferred_room;

	struct jf_media_totals past; /* counters of dataplanes that are gone; streams so far */
	uint64_t digits, refused_commands;
};

/* jf_media_attach.c */

/* Looks for a (new) segment and for the heartbeat; emits GONE and BACK. */
void jf_media_watch(struct jf_media *media);
void jf_media_detach(struct jf_media *media);

/* jf_media_load.c: looks at what is short; emits LOAD when that has changed. */
void jf_media_load_watch(struct jf_media *media);
void jf_media_load_totals(const struct jf_media *media, struct jf_media_totals *totals);
void jf_media_late_add(const struct jf_worker_counters *counters, struct jf_media_totals *totals);

/* jf_media_send.c */

void jf_media_endpoint_dirty(struct jf_media *media, uint32_t index, unsigned bits);
void jf_media_file_dirty(struct jf_media *media, uint32_t index, unsigned bits);

/* Sends what is dirty as far as the rings have room. Emits nothing. A ring that was full is tried
 * again by the poll only: whatever else is asked for meanwhile need not look through all that
 * waits. */
void jf_media_flush(struct jf_media *media);
void jf_media_flush_full(struct jf_media *media);

/* jf_media_receive.c */

void jf_media_emit(struct jf_media *media, const struct jf_media_event *event);
void jf_media_ports_look(struct jf_media *media);
void jf_media_defer(struct jf_media *media, const struct jf_media_event *event);
/* false: there are more events than one poll takes. */
bool jf_media_receive(struct jf_media *media);

/* Reports what its slot tells and was not reported yet. */
void jf_media_endpoint_look(struct jf_media *media, uint32_t index);

/* jf_media_endpoint.c */

/* The endpoint if it is in use with that generation, or NULL. */
struct jf_media_endpoint *jf_media_endpoint_at(const struct jf_media *media,
                                               struct jf_media_ref ref);

/* It hears nothing from now on; what it heard has no listener any more. */
void jf_media_endpoint_deafen(struct jf_media *media, struct jf_media_endpoint *endpoint);
void jf_media_endpoint_free(struct jf_media *media, uint32_t index);

/* Frees what hangs on it, keys wiped. */
void jf_media_endpoint_strip(struct jf_media_endpoint *endpoint);

bool jf_media_pool_init(struct jf_media_pool *pool, uint32_t size);
void jf_media_pool_put(struct jf_media_pool *pool, uint32_t index);
uint32_t jf_media_pool_first(const struct jf_media_pool *pool); /* JF_CONTRACT_NONE: empty */
void jf_media_pool_pop(struct jf_media_pool *pool);

/* Where a free endpoint of that index belongs. */
struct jf_media_pool *jf_media_pool_of(struct jf_media *media, uint32_t index);

/* A free endpoint out of its pool. beside and toward as in jf_media_open. */
int jf_media_pool_take(struct jf_media *media, const struct jf_media_ref *beside,
                       const struct jf_media_address *toward, uint32_t *ret_index);

/* jf_media_service.c: keys, mixes, key presses, masking */

/* What the slot tells of how far SRTP came, before it goes. */
void jf_media_keys_carry(struct jf_media *media, uint32_t index);
int jf_media_keys_keep(struct jf_media_endpoint *endpoint, const struct jf_media_keys *keys);
void jf_media_keys_fill(const struct jf_media_endpoint *endpoint, struct jf_command *command);
void jf_media_mix_fill(const struct jf_media *media, const struct jf_media_endpoint *endpoint,
                       struct jf_command *command);

/* false: those before are still being sent. */
bool jf_media_presses_fill(struct jf_media *media, const struct jf_media_endpoint *endpoint,
                           struct jf_command *command);

/* The command is on its way. */
void jf_media_presses_begin(struct jf_media *media, struct jf_media_endpoint *endpoint,
                            const struct jf_command *command);
void jf_media_presses_sent(struct jf_media *media, uint32_t index, uint32_t id);

/* jf_media_record.c */

struct jf_media_file *jf_media_file_at(const struct jf_media *media, struct jf_media_ref ref);

/* The last word about a recording; its index is free afterwards. error: 0 or negative errno. */
void jf_media_file_finish(struct jf_media *media, uint32_t index, int error);

/* Looks at its slot. */
void jf_media_file_look(struct jf_media *media, uint32_t index);

/* jf_media_sound.c */

void jf_media_sounds_flush(struct jf_media *media);
void jf_media_sounds_destroy(struct jf_media *media);

/* An endpoint hears the list, or no longer does. */
void jf_media_sounds_hold(struct jf_media *media, const struct jf_media_playlist *list);
void jf_media_sounds_release(struct jf_media *media, const struct jf_media_playlist *list);

/* With each poll: unloads what nobody has asked for in long, and what a control before this one has
 * left behind. */
void jf_media_sounds_tend(struct jf_media *media);
void jf_media_sounds_again(struct jf_media *media);
void jf_media_sound_answer(struct jf_media *media, const struct jf_answer *answer);

/*
 * The list as the dataplane knows its sounds, without those that failed. -EAGAIN: some are not
 * loaded yet. -ENOENT: none of them is left; error of the first is in ret_error.
 */
int jf_media_list_resolve(const struct jf_media *media, const struct jf_media_playlist *list,
                          struct jf_command_play *ret_play, int *ret_error);

/* jf_media_stats.c */

/* The slot is this use's; before OPEN was carried out it still shows the one before. */
bool jf_media_slot_is_ours(const struct jf_media *media, uint32_t index,
                           struct jf_slot_identity *ret_identity);

/* Adds what its slot has counted since the last time to the past. */
void jf_media_endpoint_account(struct jf_media *media, uint32_t index);
void jf_media_workers_account(struct jf_media *media);

/* Keeps the endpoint's figures, which go on in the next dataplane. */
void jf_media_endpoint_carry(struct jf_media *media, uint32_t index);

/* jf_media_quality.c */

/* Keeps the endpoint's mos_min, from what its slot says now; about once a second. */
void jf_media_endpoint_rate(struct jf_media *media, uint32_t index, const struct jf_slot_rx *rx);

#endif
