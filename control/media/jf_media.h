/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control's side of the contract: endpoints, recordings and sounds as calls see them.
 *
 * Callers say what shall be; this module keeps it, tells the dataplane, and tells a new dataplane
 * all of it again. So every function succeeds while the dataplane is away, except those that hand
 * out a new endpoint or recording. What the dataplane refuses comes back as JF_MEDIA_FAILED.
 *
 * An endpoint is a local UDP port pair that stands for one party of a call; both parties of a call
 * are on one worker (open the second one beside the first). What arrives from the party is its
 * stream; what the party hears is a join (another endpoint's stream), a mix of several, a list of
 * sounds, or nothing.
 *
 * Thread: the loop's. The loop calls jf_media_poll at least every JF_MEDIA_POLL_MS; events come
 * from there and only from there. Time is CLOCK_MONOTONIC, handed in.
 */
#ifndef JF_MEDIA_H
#define JF_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_codec.h"
#include "jf_srtp_suite.h"

#define JF_MEDIA_POLL_MS 5u

#define JF_MEDIA_ADDRESSES_MAX 16u
#define JF_MEDIA_PORTS_MAX     8u

struct jf_media;

/* generation 0: none */
struct jf_media_ref {
	uint32_t index;
	uint32_t generation;
};

enum jf_media_side {
	JF_MEDIA_CALLER = 0, /* left channel */
	JF_MEDIA_AGENT = 1,  /* right channel */
};

/* ---- Events --------------------------------------------------------------------------------- */

enum jf_media_event_type {
	JF_MEDIA_GONE,     /* the dataplane: no heartbeat. Calls stay; media is down */
	JF_MEDIA_BACK,     /* it is there; a new one was told everything (fresh is true then) */
	JF_MEDIA_STARTED,  /* endpoint: its first packet came */
	JF_MEDIA_DIGIT,    /* endpoint: digit was pressed; each press comes once, in order */
	JF_MEDIA_PLAYED,   /* endpoint: list play_id came to its end */
	JF_MEDIA_KEYFRAME, /* endpoint: its party is to be asked for a whole picture by INFO */
	JF_MEDIA_LATCHED,  /* endpoint: its party was learned to be elsewhere (jf_media_stream) */
	JF_MEDIA_RECORDED, /* recording: its file is closed; the last word about it */
	JF_MEDIA_LOAD,     /* jf_media_load has changed: load */
	JF_MEDIA_LINK,     /* port: its link went down, or came back (link_up) */
	JF_MEDIA_FAILED,   /* endpoint (and recording, if about one): command was refused: error */
};

/* What the dataplane leaves out now so that live audio flows on: each with those before it. */
enum jf_media_shed {
	JF_MEDIA_SHED_NOTHING,
	JF_MEDIA_SHED_RECORDINGS, /* they get gaps, which are counted */
	JF_MEDIA_SHED_CALLS,      /* jf_media_open refuses new ones */
};

static inline const char *jf_media_shed_name(enum jf_media_shed shed)
{
	static const char *const names[] = {
	        [JF_MEDIA_SHED_NOTHING] = "nothing",
	        [JF_MEDIA_SHED_RECORDINGS] = "recordings",
	        [JF_MEDIA_SHED_CALLS] = "calls",
	};

	return names[shed];
}

/* What is short, if anything is. */
struct jf_media_load {
	enum jf_media_shed shed; /* the highest of all workers */
	bool disk_is_slow;     /* the buffer before it is over 80 % full, and not yet below 60 % */
	bool workers_are_late; /* one was kept from its core for over 1 % of the last ten seconds,
	                          in pieces of more than 100 us */
};

struct jf_media_event {
	enum jf_media_event_type type;
	bool fresh;
	bool link_up;
	uint32_t port;
	char digit;  /* 0-9 * # A-D, F: flash; 0 when masked */
	bool masked; /* a digit that nobody is to know: only that there was one */
	struct jf_media_ref endpoint;
	struct jf_media_ref recording;
	struct jf_call_id call; /* of the endpoint or recording */
	uint32_t play_id;
	struct jf_media_load load;
	int error;           /* negative errno */
	const char *command; /* "open", "remote", "join", "play", "tap", "record", ... */
	uint64_t at_ns;
};

typedef void jf_media_handler(const struct jf_media_event *event, void *arg);

/* ---- Life ----------------------------------------------------------------------------------- */

struct jf_media_options {
	const char *segment; /* path of the contract's file */
	uint64_t utc_ns;     /* wall time, from which generations begin */
	jf_media_handler *handler;
	void *arg;
};

/*
 * Attaches if the dataplane is there (no event tells that: ask jf_media_is_up); if not, the poll
 * does when it comes. 0, -ENOMEM.
 */
int jf_media_create(const struct jf_media_options *options, uint64_t now_ns,
                    struct jf_media **ret_media);

/* Unmaps. Says nothing to the dataplane: calls go on. May be NULL. */
void jf_media_destroy(struct jf_media *media);

bool jf_media_is_up(const struct jf_media *media);

/* Takes events, sends what could not be sent, beats the heart. Returns ms until the next one;
 * 0: there is more, for which another call in the same turn is right. */
uint32_t jf_media_poll(struct jf_media *media, uint64_t now_ns);

/* ---- Endpoints ------------------------------------------------------------------------------ */

struct jf_media_address {
	uint8_t ip[16]; /* IPv4 in the first four bytes; network order */
	uint8_t family; /* 4 or 6 */
	uint16_t port;  /* host order */
};

/*
 * A new endpoint for that party of the call. beside: another endpoint of the call, NULL for its
 * first: then the least loaded worker is chosen, and only if it has room for the second one as
 * well. toward: where the party is, as its SDP or its SIP says (the port does not matter): the
 * endpoint gets the address from which the kernel's routes lead there, else the one with the
 * longest prefix around it, else the first of its family; NULL: the first of all. 0, -ENOSPC (no
 * port free at such an address), -EAFNOSUPPORT (no address of its family), -ENOTCONN (no
 * dataplane), -ESTALE (beside).
 */
int jf_media_open(struct jf_media *media, const struct jf_call_id *call, enum jf_media_side side,
                  const struct jf_media_ref *beside, const struct jf_media_address *toward,
                  struct jf_media_ref *ret_endpoint);

/*
 * Whether the endpoint's address is one that jf_media_open would choose toward that party: if not,
 * another endpoint is to be opened beside it before the party is told of this one.
 */
bool jf_media_serves(const struct jf_media *media, struct jf_media_ref endpoint,
                     const struct jf_media_address *toward);

/* Where the party shall send to: for the SDP. RTCP is the next port. 0, -ESTALE. */
int jf_media_local(const struct jf_media *media, struct jf_media_ref endpoint,
                   struct jf_media_address *ret_address);

#define JF_MEDIA_NO_TYPE 255u

/* How a party sends key presses, or takes them. */
enum jf_media_digit_form {
	JF_MEDIA_DIGITS_NONE,   /* not in its media: by SIP INFO, or not at all */
	JF_MEDIA_DIGITS_EVENT,  /* telephone-events (RFC 4733) */
	JF_MEDIA_DIGITS_INBAND, /* tones in its audio */
};

/* How a party with video takes a request for a whole picture, in the order of preference. */
#define JF_MEDIA_KEYFRAME_PLI  1u /* RTCP: RFC 4585 section 6.3.1 */
#define JF_MEDIA_KEYFRAME_FIR  2u /* RTCP: RFC 5104 section 4.3.1 */
#define JF_MEDIA_KEYFRAME_INFO 4u /* SIP INFO (RFC 5168): JF_MEDIA_KEYFRAME says when */

/* What was negotiated with the party. */
struct jf_media_remote {
	struct jf_media_address rtp; /* port 0: nothing is sent or accepted */
	uint16_t rtcp_port;          /* 0: no RTCP */
	bool send, receive;          /* may we send to it; do we expect media from it */
	bool learn;                  /* it may be elsewhere (a NAT): the first valid packet of a
	                                negotiation tells where */
	enum jf_codec codec;
	uint8_t rx_audio_type; /* payload types it sends to us: from our SDP */
	uint8_t rx_event_type; /* JF_MEDIA_NO_TYPE: none */
	uint8_t tx_audio_type; /* payload types we send to it: from its SDP */
	uint8_t tx_event_type;
	uint8_t ptime_ms;                              /* of what the engine plays: 20 */
	enum jf_media_digit_form rx_digits, tx_digits; /* how it sends them, how it takes them */
	uint32_t clock_hz;    /* of its RTP timestamps; 8000 but for JF_CODEC_OTHER */
	uint32_t negotiation; /* counts offers and answers: each lets learning happen once more */
	uint8_t keyframes;    /* JF_MEDIA_KEYFRAME_ bits; 0: it shows no pictures */
};

/*
 * The keys of SRTP with the party, by SDES (RFC 4568). id: other keys have another one, the same
 * keys always the same one, over restarts too: by that the dataplane knows whether to begin anew.
 */
struct jf_media_keys {
	uint32_t id;
	enum jf_srtp_suite suite;    /* of both directions; JF_SRTP_NONE: plain RTP */
	uint8_t rx[JF_SRTP_KEY_MAX]; /* master key, then salt: what it sends under */
	uint8_t tx[JF_SRTP_KEY_MAX]; /* what we send under */
};

/* All of these: 0, or -ESTALE for an endpoint (or source, or recording) that is not open. */
int jf_media_remote(struct jf_media *media, struct jf_media_ref endpoint,
                    const struct jf_media_remote *remote);

/*
 * Before jf_media_remote where both are new: then no packet passes in plain between the two. The
 * keys are kept, for a new dataplane, until the endpoint is closed or has others; then they are
 * wiped. -EINVAL (suite), -ENOMEM.
 */
int jf_media_keys(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_keys *keys);
int jf_media_join(struct jf_media *media, struct jf_media_ref endpoint, struct jf_media_ref source);
int jf_media_silence(struct jf_media *media, struct jf_media_ref endpoint);

#define JF_MEDIA_MIX_MAX 24u

/* One row of the matrix of who hears whom. */
struct jf_media_mix {
	uint8_t count;                                 /* 0: silence */
	struct jf_media_ref sources[JF_MEDIA_MIX_MAX]; /* on the same worker */
	int8_t gain_db[JF_MEDIA_MIX_MAX];              /* -60 .. 12 */
};

/*
 * The party hears the sum of these streams; who else hears them is not changed by it. A source that
 * is closed leaves the row. -EINVAL (count, gain), -ENOMEM.
 */
int jf_media_mix(struct jf_media *media, struct jf_media_ref endpoint,
                 const struct jf_media_mix *mix);

/*
 * The party is asked for a whole picture, in the way that it takes (jf_media_remote), as soon as it
 * shows anything; at most twice a second, whoever asks. Those who see it and ask for one by RTCP
 * need no help. What shows nothing is not asked.
 */
int jf_media_keyframe(struct jf_media *media, struct jf_media_ref endpoint);

#define JF_MEDIA_SEND_DIGITS_MAX 32u

/*
 * The party is sent these key presses (0-9 * # A-D, F: flash), each so long (40 .. 5000 ms) and
 * with pauses of 60 ms, in the form that it takes, over whatever it hears. Behind what is still
 * being sent. Presses under way when the dataplane dies are not repeated. -EINVAL (digits,
 * duration), -ENOSPC (more than JF_MEDIA_SEND_DIGITS_MAX wait), -ENOTSUP (it takes none in its
 * media: send it an INFO).
 */
int jf_media_send_digits(struct jf_media *media, struct jf_media_ref endpoint, const char *digits,
                         uint32_t duration_ms);

/*
 * Card numbers: while on, no digit of the party's reaches a listener, a mixer or a recording in any
 * form; JF_MEDIA_DIGIT says masked.
 */
int jf_media_mask(struct jf_media *media, struct jf_media_ref endpoint, bool on);

/* The port is used again after 2 s at the earliest. Read its statistics before. */
int jf_media_close(struct jf_media *media, struct jf_media_ref endpoint);

/* ---- Sounds --------------------------------------------------------------------------------- */

/*
 * The number of a sound file (absolute path; WAV, 8 or 16 kHz; of two channels the left one, the
 * caller of a recording), loaded once however often it is asked for; a file that has changed since
 * gets a new number. 0; -ENOENT or what the file system says; -ENAMETOOLONG; -ENOSPC (table full).
 * A file that the dataplane refuses is logged, shown by jf_media_sounds, and left out of lists.
 *
 * A number is good in lists until the loop's next turn, and from then on while an endpoint hears
 * one with it. A sound that no endpoint hears is unloaded: at once when its file has changed or
 * gone or jf_media_sound_forget was asked for, when its place is needed and it is the one that was
 * asked for longest ago, and after JF_MEDIA_SOUND_IDLE_NS without being asked for.
 */
#define JF_MEDIA_SOUND_IDLE_NS UINT64_C(3600000000000)
int jf_media_sound(struct jf_media *media, const char *path, uint16_t *ret_sound);

/* It will hardly be asked for again (a message that was heard): see above. */
void jf_media_sound_forget(struct jf_media *media, const char *path);

#define JF_MEDIA_PLAYLIST_MAX 32u

struct jf_media_playlist {
	uint16_t sounds[JF_MEDIA_PLAYLIST_MAX];
	uint8_t count;
	bool loop_last; /* the last one repeats until something else is asked for */
};

/*
 * The party hears these sounds, one after the other, then nothing. ret_play_id (may be NULL) comes
 * back in JF_MEDIA_PLAYED. 0, -ESTALE, -EINVAL (count). If no sound of the list can be loaded:
 * JF_MEDIA_FAILED "play".
 */
int jf_media_play(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_playlist *list, uint32_t *ret_play_id);

/*
 * Adds what is spoken (jf_prompt.h) to the list, from a folder of prompts: folder/name.wav. 0;
 * -ENOSPC (list full); or what jf_media_sound says of the first that isn't there, and the list is
 * what it was.
 */
struct jf_prompt_list;
int jf_media_say(struct jf_media *media, const char *folder, const struct jf_prompt_list *words,
                 struct jf_media_playlist *list);

struct jf_media_sound_info {
	const char *path;
	uint16_t sound;
	bool loaded;
	int error; /* negative errno, 0 if none */
};
/* Those that are loaded, or shall be, up to room of them; returns how many. */
size_t jf_media_sounds(const struct jf_media *media, struct jf_media_sound_info *ret_list,
                       size_t room);

/* ---- Recordings ----------------------------------------------------------------------------- */

enum jf_media_format {
	JF_MEDIA_FORMAT_PCMU, /* stereo WAV of that law, 8 kHz */
	JF_MEDIA_FORMAT_PCMA,
	JF_MEDIA_FORMAT_LINEAR,  /* stereo WAV of 16 bit, 16 kHz: one side at least is wideband */
	JF_MEDIA_FORMAT_PACKETS, /* what can't be decoded: the packets as they came */
};

/*
 * A new recording beside an endpoint of the call, under path in the node's recordings folder
 * (relative, no ".."; at most 119 bytes). 0, -ESTALE, -EINVAL (path), -ENOSPC, -ENOTCONN.
 */
int jf_media_record(struct jf_media *media, struct jf_media_ref beside, enum jf_media_format format,
                    const char *path, struct jf_media_ref *ret_recording);

/* What arrives at the endpoint goes to that side of the recording: one at a time. NULL: no longer.
 */
int jf_media_tap(struct jf_media *media, struct jf_media_ref endpoint, enum jf_media_side side,
                 const struct jf_media_ref *recording);

/* Complete: JF_MEDIA_RECORDED follows, always (with an error if the dataplane went away). */
int jf_media_record_end(struct jf_media *media, struct jf_media_ref recording);

enum jf_media_recording_state {
	JF_MEDIA_RECORDING_OPEN,
	JF_MEDIA_RECORDING_CLOSED,
	JF_MEDIA_RECORDING_FAILED,
};

struct jf_media_recording {
	struct jf_media_ref ref;
	struct jf_call_id call;
	enum jf_media_recording_state state;
	int error;            /* negative errno of a failed one */
	uint64_t duration_ms; /* in the file */
	uint64_t lost[2];     /* packets that never reached the file, by side */
	uint64_t late[2];
	uint64_t started_ns; /* of its first sample; 0: none yet */
	char path[120];      /* as it is on disk, under the recordings folder */
};

/* 0, -ESTALE. Good from jf_media_record until the handler of JF_MEDIA_RECORDED returns. */
int jf_media_recording(const struct jf_media *media, struct jf_media_ref recording,
                       struct jf_media_recording *ret_recording);

/* ---- Statistics ----------------------------------------------------------------------------- */

#define JF_MEDIA_DROPS 32u
const char *jf_media_drop_name(unsigned drop); /* NULL: no such drop */

/* One endpoint: what came from the party, and what was sent to it. */
struct jf_media_stream {
	struct jf_media_ref endpoint;
	struct jf_call_id call;
	enum jf_media_side side;
	enum jf_codec codec;
	enum jf_srtp_suite suite; /* JF_SRTP_NONE: plain RTP */
	bool masked;
	uint32_t worker;
	struct jf_media_address local;
	struct jf_media_address remote; /* as learned, or as its SDP says; port 0: not known yet */
	struct jf_media_address signalled; /* as its SDP says */
	bool learns;                       /* it may be elsewhere than its SDP says */
	bool learned;                      /* and is: what remote says is locked */
	uint64_t packets, octets;
	uint64_t lost, loss_runs, duplicates, reordered; /* runs of consecutive losses */
	double jitter_ms;
	uint64_t first_ns, last_ns; /* of its packets; 0: nothing came yet */
	uint32_t ssrc, ssrc_changes;
	double mos_min; /* of the worst ten seconds that control saw, G.107; 0: nothing to rate */
	uint64_t rtcp_received, rtcp_sent;
	uint64_t rtcp_last_ns;    /* of the party's latest report; 0: none came */
	double round_trip_ms;     /* by RTCP; negative: not known */
	bool remote_reported;     /* the party has told what it gets of what we send: */
	uint64_t remote_lost;     /* packets, since its stream began */
	double remote_jitter_ms;  /* as of its latest report */
	uint64_t keyframes_asked; /* by the party, of whom it sees, by RTCP */
	uint64_t keyframes_told;  /* to the party, that somebody wants one */
	uint8_t level;            /* of the latest frame: -dBov, 127 silence, 255 nothing */
	uint64_t tx_packets, tx_octets, tx_played;
	/* The jitter buffer, where the party's audio is mixed: packets too late, frames of 20 ms
	 * with a gap, and how much was made up; how long audio waits in it now, 0: it is not mixed.
	 */
	uint64_t buffer_late, buffer_lost, buffer_concealed_ms;
	uint32_t buffer_depth_ms;
	const char *hears; /* "nothing", "sound", "stream", "mix" */
	uint32_t drops[JF_MEDIA_DROPS];
};

/*
 * 0, -ESTALE. While the dataplane is away: what it left behind, and a new one counts on from there.
 */
int jf_media_stream(const struct jf_media *media, struct jf_media_ref endpoint,
                    struct jf_media_stream *ret_stream);

/* The open endpoints one by one, without their figures; *cursor as below. false: at the end. */
bool jf_media_next(const struct jf_media *media, uint32_t *cursor,
                   struct jf_media_ref *ret_endpoint, struct jf_call_id *ret_call);

/*
 * The open endpoints in pages: up to room of them from place *cursor on (begin with 0), which
 * moves; returns how many, 0 at the end.
 */
size_t jf_media_streams(const struct jf_media *media, uint32_t *cursor,
                        struct jf_media_stream *ret_list, size_t room);

/*
 * Over every dataplane that control saw, each since its start; received and lost: of the endpoints
 * that control knew, at most a second old.
 */
struct jf_media_totals {
	bool up;
	uint32_t pid; /* of the dataplane */
	uint32_t workers;
	uint64_t beat_age_ns;
	uint32_t endpoints, endpoints_open, recordings, recordings_open;
	uint64_t rx_packets, tx_packets;
	uint64_t relayed_rtp, rtcp_received, rtcp_sent, played, mixed, taped;
	uint64_t handed_over;    /* received by one worker for another */
	uint64_t received, lost; /* RTP of all endpoints: packets, and those missing */
	uint64_t digits;
	uint64_t commands_refused, commands_waiting;
	uint64_t events_lost; /* hints; what they told was found in the slots */
	uint64_t polls_late, late_ns, late_max_ns; /* of workers that were kept from their cores
	                                              for more than 100 us: times, in all, the
	                                              longest */
	uint64_t invariants; /* found broken by the dataplane, which went on: a fault of ours */
	uint64_t drops[JF_MEDIA_DROPS];
	struct jf_media_load load;
	uint64_t buffers, buffers_free, buffers_low; /* of packets; low: the fewest free ever */
	uint64_t record_buffer_bytes, record_buffer_used_bytes;
	uint64_t record_written_bytes;
	uint64_t record_lost; /* packets for which there was no room in that buffer */
};
void jf_media_totals(const struct jf_media *media, uint64_t now_ns,
                     struct jf_media_totals *ret_totals);

/* ---- Ports ---------------------------------------------------------------------------------- */

struct jf_media_network {
	struct jf_media_address address; /* port 0 */
	uint8_t prefix_length;
};

struct jf_media_device_side {
	uint64_t packets, octets, errors;
};

/* An entry of dataplane.ports in the node file; counted since the dataplane's start. */
struct jf_media_port {
	uint32_t index;
	char name[16];
	char device[128];
	char driver[32];
	uint32_t device_index; /* ports with the same one share the device */
	uint16_t vlan;         /* 0: none */
	uint8_t mac[6];
	uint32_t n_addresses;
	struct jf_media_network addresses[JF_MEDIA_ADDRESSES_MAX];
	bool link_up;
	uint32_t speed_mbps; /* 0: not known */
	uint32_t link_changes;
	uint64_t link_changed_ns; /* 0: never */
	const char *steering;     /* how packets come to their worker: jf_contract_port.h */
	uint16_t n_rx_queues, n_tx_queues;
	char exception[16];              /* the kernel's interface on it; "": none */
	const char *exception_state;     /* "up", "down", "none" */
	uint64_t rx_packets, tx_packets; /* of this port */
	uint64_t tx_refused;
	uint64_t to_kernel, from_kernel, exception_dropped;
	uint32_t neighbours_known, neighbours_waiting;
	struct jf_media_device_side rx, tx; /* of its device */
	uint64_t rx_missed, rx_no_buffer;
	uint32_t buffers, buffers_in_use; /* of all ports together */
};

/* Ports 0, 1, ... -ENOENT: no such port, or no dataplane was ever there. */
int jf_media_port(const struct jf_media *media, uint32_t index, struct jf_media_port *ret_port);

/*
 * Whether the port of the endpoint has a link, and since when it is so (0: since the start): while
 * it has none, and shortly after, that nothing comes says nothing about the party.
 */
bool jf_media_linked(const struct jf_media *media, struct jf_media_ref endpoint,
                     uint64_t *ret_since_ns);

/* ---- Energy --------------------------------------------------------------------------------- */

struct jf_media_levels {
	uint32_t first, count; /* frames of 20 ms */
	uint64_t start_ns;     /* of frame 0 */
};

/*
 * Frames of the party's energy track from that one on: -dBov 0..126, 127 silence, 255 nothing came.
 * Late readers find the oldest ones gone (first is higher than asked for). 0, -ESTALE.
 */
int jf_media_levels(const struct jf_media *media, struct jf_media_ref endpoint, uint32_t from,
                    uint8_t *ret_levels, uint32_t room, struct jf_media_levels *ret_part);

/* ---- After a restart of control ---------------------------------------------------------------
 */

/* An endpoint that was found open in the dataplane and isn't anybody's yet. */
struct jf_media_found {
	struct jf_media_ref endpoint;
	struct jf_call_id call;
	enum jf_media_side side;
	struct jf_media_ref hears;     /* generation 0: no stream */
	struct jf_media_ref recording; /* generation 0: no tap */
	uint64_t opened_ns;
};

/* As jf_media_streams. */
size_t jf_media_found(const struct jf_media *media, uint32_t *cursor,
                      struct jf_media_found *ret_list, size_t room);

/* What was stored of an endpoint with its call. */
struct jf_media_kept {
	const struct jf_media_remote *remote; /* NULL: it had none */
	const struct jf_media_keys *keys;     /* NULL: plain RTP from the first */
	bool mask;
	uint32_t digits; /* so many were already reported */
};

/*
 * Takes over an endpoint that lives, with its join, its tap and the recording; a mix, or of a list
 * of sounds the one that plays, goes on, but is not told to a new dataplane: mix or play again.
 * 0, -ENOENT (not open in the dataplane), -ENOTCONN, -ENOMEM.
 */
int jf_media_adopt(struct jf_media *media, struct jf_media_ref endpoint,
                   const struct jf_media_kept *kept);

/* How many digits were reported for the endpoint: to be stored with the call. */
uint32_t jf_media_digits(const struct jf_media *media, struct jf_media_ref endpoint);

/* Closes whatever was found and not adopted, and ends its recordings. */
void jf_media_settle(struct jf_media *media);

#endif
