/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_CALL_PRIV_H
#define JF_CALL_PRIV_H

#include <jansson.h>

#include "jf_acd.h"
#include "jf_analytics.h"
#include "jf_bus.h"
#include "jf_call_doors.h"
#include "jf_call_flow.h"
#include "jf_call_fsm.h"
#include "jf_call_notes.h"
#include "jf_call_outside.h"
#include "jf_call_policy.h"
#include "jf_call_trunks.h"
#include "jf_call_waiting_priv.h"
#include "jf_call_wants.h"
#include "jf_call_wire.h"
#include "jf_json.h"
#include "jf_kpis.h"
#include "jf_list.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_routing.h"
#include "jf_sip_trace.h"
#include "jf_store.h"
#include "jf_time.h"

#define JF_CALL_BUCKETS        16384u /* a power of two */
#define JF_CALL_PATH_MAX       256u
#define JF_CALL_RECORDING_PATH 120u
#define JF_CALL_SWEEP_MS       50u /* a slice of the calls is looked at this often ... */
#define JF_CALL_SWEEP_SLICES   5u  /* ... and each call once in so many slices */
#define JF_CALL_SAVE_NS        (5 * JF_NS_PER_S)
#define JF_CALL_ROWS_MS        20u   /* what changed is stored so much later at most */
#define JF_CALL_RECORD_MS      5000u /* for the dataplane to close a recording */

/* An agent is asked whether it lives after 2 s of silence, and has 1.5 s to answer. */
#define JF_CALL_AGENT_SILENT_NS  (2 * JF_NS_PER_S)
#define JF_CALL_AGENT_PING_MS    1500u
#define JF_CALL_CALLER_SILENT_NS (20 * JF_NS_PER_S)
#define JF_CALL_CALLER_PING_MS   5000u

#define JF_CALL_PRESSES  8u   /* by INFO that wait at once */
#define JF_CALL_DIGIT_MS 160u /* of a press that we send by INFO */

struct jf_call;
struct jf_call_party;

struct jf_call_press {
	char digit;
	uint32_t duration_ms;
	uint64_t at_ns;
};

/* Key presses by INFO, until it is known that they don't come in the media too. */
struct jf_call_presses {
	struct jf_call_press waiting[JF_CALL_PRESSES];
	uint8_t n_waiting;
	struct jf_call_press taken[JF_CALL_PRESSES]; /* at once; the media may still bring them */
	uint8_t n_taken;
	char last; /* in the media, at last_ns */
	bool last_masked;
	uint64_t last_ns;
	struct jf_loop_timer timer;
};

/* What a party hears, as the media were told last. */
struct jf_call_hearing {
	uint8_t kind; /* enum in jf_call_settle.c; 0: not told yet */
	uint8_t n;
	struct jf_media_ref sources[2];
};

/* An agent's part in the call, while it lasts: how long it did what. */
enum jf_call_mode {
	JF_CALL_MODE_TALK,
	JF_CALL_MODE_HOLD,
	JF_CALL_MODE_CONSULT,
	JF_CALL_MODE_CONFERENCE,
	JF_CALL_MODE_COUNT,
};

struct jf_call_segment {
	uint64_t from_ns, mode_since_ns; /* 0: there is none */
	uint64_t spent_ns[JF_CALL_MODE_COUNT];
	uint32_t mode; /* enum jf_call_mode */
	uint32_t came; /* enum jf_call_came */
};

enum jf_call_came {
	JF_CALL_CAME_QUEUE,
	JF_CALL_CAME_TRANSFER,
	JF_CALL_CAME_CONFERENCE,
	JF_CALL_CAME_COLLEAGUE, /* who called it */
	JF_CALL_CAME_PLACED,    /* it called itself */
	JF_CALL_CAME_COUNT,
};

/* Whom a party that we call is. */
enum jf_call_kind {
	JF_CALL_TO_AGENT,
	JF_CALL_TO_QUEUE,   /* whoever of it is offered: an agent, then */
	JF_CALL_TO_OUTSIDE, /* name is its number */
	JF_CALL_KIND_COUNT,
};

/* One party: who it is, its leg and its media. The user pointer of its leg. Holds keys: wiped with
 * it. */
struct jf_call_party {
	struct jf_call *call;       /* NULL: a leg that was cancelled, until its end is known */
	struct jf_call_party *of;   /* it rings beside that one: jf_call_ring.h; else NULL */
	struct jf_call_ring *ring;  /* several phones of it are in question; else NULL */
	bool asked;                 /* it is in call->asked: jf_call_asked.h ... */
	struct jf_call_party *also; /* ... before this one; NULL: it is the last there */
	enum jf_media_side side;
	struct jf_leg *leg; /* NULL: none */
	struct jf_media_ref endpoint;
	struct jf_call_policy policy;
	uint8_t transport;            /* enum jf_sip_transport of its signalling */
	bool early;                   /* media pass before the answer: jf_call_early.c */
	bool has_desc;                /* the three below */
	struct jf_media_desc desc;    /* what the peer said last */
	struct jf_media_desc local;   /* what we did, with the one codec and key that were agreed */
	uint32_t negotiation;         /* how often they agreed */
	struct jf_media_desc offered; /* by us, and not answered yet */
	struct jf_media_keys keys;    /* id 0: none ever */
	struct jf_media_ref video;    /* endpoint of its video; generation 0: none */
	struct jf_media_keys video_keys; /* as keys, of its video */
	struct jf_media_ref sees;        /* whose video it is sent; generation 0: nobody's */
	bool mask;
	uint32_t masked_digits;
	struct jf_call_presses presses;
	bool referring; /* its phone wants to know what becomes of a transfer */
	bool pinging;
	uint64_t pinged_ns;

	/* Not of the caller: whom we call, and when. Monotonic; 0: not yet. */
	char name[JF_CALL_TEXT_MAX]; /* the agent's id: claimed, or the last one who talked */
	struct jf_acd_ref agent_ref; /* jf_acd_nobody: nobody's, any more */
	uint64_t dialed_ns, rang_ns, joined_ns;
	struct jf_call_outside *outside; /* it is dialled through trunks; NULL: it isn't */
	json_t *outside_was;             /* what there was to say of it when that was over */
	enum jf_acd_outcome outcome;     /* of its leg that ended, with its code */
	uint16_t code;
	uint8_t why; /* enum jf_sip_why: it is ours that it was not reached */
	struct jf_call_hearing hears;
	struct jf_call_say say;
	struct jf_media_ref tap; /* where its audio goes, as the media were told last */
	struct jf_call_segment segment;

	/* Of a target. */
	enum jf_call_kind kind;
	bool blind;     /* a transfer's; else it is consulted */
	bool withdrawn; /* given up while it rang */
	/* Also of the caller, when it is an agent of a queue: jf_call_turn.c. */
	char queue[JF_CALL_TEXT_MAX];
	struct jf_acd_ref entry; /* in that queue; jf_acd_nobody: none */
};

/* A cancelled agent leg: if its answer crosses our CANCEL, the agent is not to blame. */
struct jf_call_ghost {
	struct jf_call_party party; /* first; call is NULL */
	struct jf_link link;
	struct jf_calls *calls;
	struct jf_acd_ref agent;
	bool rona;
};

enum jf_call_by {
	JF_CALL_BY_NOBODY,
	JF_CALL_BY_CALLER,
	JF_CALL_BY_AGENT,
	JF_CALL_BY_ENGINE,
};

/* Where the caller is to wait next, until the event that takes it there. */
struct jf_call_requeue {
	char queue[JF_CALL_TEXT_MAX];
	bool new_age; /* it counts from now; else it keeps its age */
};

struct jf_call {
	struct jf_calls *calls;
	struct jf_link link;     /* of all calls, by arrival */
	struct jf_link row_link; /* of those whose row is to be stored */
	bool row_stored;         /* ever */
	struct jf_call *next_in_bucket;
	struct jf_call_id id;
	char id_text[JF_CALL_ID_TEXT];
	enum jf_call_state state;
	struct jf_call_party caller;
	struct jf_call_party *agent;  /* who serves the caller, or is to; never NULL */
	struct jf_call_party *target; /* whom the agent consults or passes the caller on to; NULL */
	struct jf_call_party *line;   /* on which the agent's phone called the target; NULL */
	struct jf_call_party *asked;  /* who ring beside agent or target: jf_call_asked.h; NULL */

	char tenant[JF_CALL_TEXT_MAX], trunk[JF_CALL_TEXT_MAX], number[JF_CALL_TEXT_MAX];
	char caller_number[JF_CALL_TEXT_MAX], caller_name[JF_CALL_TEXT_MAX];
	bool unanswered; /* its INVITE, until somebody else answers */
	bool withheld;   /* the caller is not to be shown: the number is for the record only */
	char placed_by[JF_CALL_TEXT_MAX]; /* the agent whose own call it is; "": from outside */
	char diverted[JF_CALL_TEXT_MAX];  /* who diverted it here, as a trusted trunk says; "" */
	char queue_name[JF_CALL_TEXT_MAX];
	char forward[JF_CALL_TEXT_MAX]; /* a number outside instead of a queue; "": none */
	uint32_t greeting_id; /* of its list, while it is played; 0: nothing could be played */
	char greeting[JF_CALL_PATH_MAX], music[JF_CALL_PATH_MAX]; /* "": none, ringback */
	uint32_t ring_timeout_ms;

	struct jf_call_wants wants; /* of its queue */
	bool told_closed; /* it was told that its queue is closed, or there was nothing to tell */
	bool turned_away; /* and is let go after that */
	struct jf_acd_ref queue, entry;
	bool in_acd;
	bool at_head;  /* it waits before the others: its agent vanished, or a transfer failed */
	bool answered; /* an agent talked with the caller */

	/* Monotonic; 0: not yet. */
	uint64_t arrived_ns, confirmed_ns, queued_ns, ended_ns;
	uint64_t left_queue_ns; /* by its own choice, for voicemail or a callback */
	uint64_t first_joined_ns, hold_since_ns;
	uint64_t aged_ns,
	        requeued_ns; /* its age in the queue counts from; it came there from another */
	uint64_t hold_ns, talk_ns; /* of segments that are over */
	uint64_t arrived_utc_ns;

	enum jf_call_by ended_by;
	const char *end_reason; /* static text */
	uint16_t end_code;
	uint8_t end_why; /* enum jf_sip_why: who is refused by us is refused for that */

	bool has_recording, recording_open, recording_ending;
	bool video_recording_open;
	struct jf_media_ref video_recording; /* generation 0: none */
	struct jf_media_ref recording;
	char recording_path[JF_CALL_RECORDING_PATH];
	struct jf_analytics_session *speech;
	bool speech_turned; /* caller and agent have changed places since it began */
	uint64_t saved_ns;
	struct jf_call_notes decisions, attempts, segments; /* for the record; segments: over */
	json_t *digits, *right_channel, *overflows;         /* as them */
	json_t *left_channel;                               /* NULL: one caller all the time */
	struct jf_call_aside *asides; /* recordings of consultations: jf_call_aside.c */
	unsigned n_asides;
	json_t *consult_recordings;     /* those that are closed; NULL: none */
	char *streams, *speech_figures; /* as JSON, set when it is over */
	json_t *sound;                  /* as them */
	json_t *pictures;               /* of the recording of video; NULL: there is none */

	/* In a flow, or on its way into one: where to begin, and how far it came. */
	struct jf_call_flow *flow; /* NULL: in none */
	char flow_name[JF_CALL_TEXT_MAX], flow_node[JF_CALL_TEXT_MAX];
	json_t *path; /* nodes that it has left; NULL: none */

	struct {
		bool is_open;                /* it is before any queue still: jf_call_intake.c */
		char flow[JF_CALL_TEXT_MAX]; /* that its number leads into; "": none */
	} intake;
	const char *abandoned_in; /* static text: where the caller hung up; NULL: it did not */

	struct jf_call_waiting *waiting; /* NULL: it hears music alone */
	struct jf_call_message *message; /* NULL: it left none */
	struct jf_call_survey *survey;
	json_t *survey_was;        /* answered before a restart */
	struct jf_call_task *task; /* that it is made for; NULL: a caller's own */
	const char *task_outcome;  /* static text: what it is for the record without an answer */
	json_t *task_was;          /* what there was to say of it when it was over */
	bool left_number;          /* it will be called back */
	bool customer_failed;      /* who was called back wasn't reached, or hung up */
	bool survey_invited, survey_accepted;
	uint8_t left; /* after a restart: it was alone with the engine, in that state */

	struct jf_loop_timer timer; /* ring timeout, then the recording's */
	bool acting;                /* an event is being carried out */
	bool agent_lost;            /* and that event is that the agent was lost */
	struct jf_call_requeue requeue;
};

struct jf_calls_totals {
	uint64_t offered, answered, ended, failed, refused;
};

/* What has changed and isn't stored yet. */
struct jf_call_rows {
	struct jf_loop_timer timer;
	struct jf_list calls;
	struct jf_acd_ref *agents;
	uint8_t *marked; /* by the agent's index: it is among them */
	uint32_t n_agents, agents_room;
	char (*registered)[JF_SIP_AGENT_MAX]; /* agents whose contacts have changed */
	uint32_t n_registered, registered_room;
};

struct jf_calls {
	struct jf_calls_config config;
	struct jf_acd *acd;
	struct jf_routing *routing;
	struct jf_call_trunks *trunks;
	const struct jf_directory *former; /* while not all agents are as the new one has them */
	size_t former_at;
	struct jf_call_doors doors;
	struct jf_list calls, ghosts, tasks;
	struct jf_call_rows rows;
	struct jf_call *buckets[JF_CALL_BUCKETS];
	uint32_t n_calls;
	struct jf_calls_totals totals;
	struct jf_call_missing missing[JF_CALL_MISSING];
	struct jf_loop_timer sweep_timer, acd_timer;
	struct jf_link *sweep_at; /* where the next slice begins; NULL: anew */
	uint64_t started_ns;
	bool draining_acd, stopped;
	bool full; /* the last call was refused for want of media: said once */
	char boot_id[40];
};

/* jf_call.c */
struct jf_call *jf_call_make(struct jf_calls *calls, const struct jf_call_id *id);
struct jf_call *jf_call_make_now(struct jf_calls *calls); /* with an id and a time; NULL */
void jf_call_free(struct jf_call *call);
struct jf_call *jf_call_find(const struct jf_calls *calls, const struct jf_call_id *id);
void jf_call_event(struct jf_call *call, enum jf_call_event event);
void jf_call_end_note(struct jf_call *call, enum jf_call_by by, const char *reason, uint16_t code);
/* The same, by us; a caller who was not answered yet is refused for why. */
void jf_call_end_refuse(struct jf_call *call, const char *reason, uint16_t code,
                        enum jf_sip_why why);
void jf_call_publish(struct jf_call *call, const char *topic, json_t *data);
void jf_call_offered(struct jf_call *call, const struct jf_acd_output *output);
void jf_call_wait_for(struct jf_call *call, uint64_t delay_ms); /* the call's timer, from now */
const char *jf_call_outcome(const struct jf_call *call);
uint64_t jf_call_utc_ns(const struct jf_call *call, uint64_t at_ns);

void jf_call_expired(struct jf_call *call, uint64_t now_ns);

/* jf_call_act.c: the machine's actions. */
void jf_call_act(struct jf_call *call, uint64_t actions, uint64_t now_ns);

/* jf_call_party.c */
int jf_call_party_create(struct jf_call *call, enum jf_media_side side,
                         struct jf_call_party **ret_party);
void jf_call_party_free(struct jf_call_party *party); /* its leg has to be detached; may be NULL */
const char *jf_call_party_word(const struct jf_call_party *party); /* "agent" or "outside" */
void jf_call_party_stop(struct jf_call_party *party);              /* its timers */
/* Its INVITE, or ours to it, has no final response, and is to outlive this process. */
bool jf_call_party_waits(const struct jf_call_party *party);

/* jf_call_arrive.c */
bool jf_call_source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg);
void jf_call_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg);

/* media: of the directory, NULL: the defaults. transport: enum jf_sip_transport. */
void jf_call_policy_set(struct jf_call_party *party, const struct jf_directory_media *media,
                        uint8_t transport);

/* A Warning header line (RFC 3261 section 20.43); why: text of ours. Returns ret_text. */
const char *jf_call_warning(const struct jf_calls *calls, const char *why, char *ret_text,
                            size_t size);

/* What agents, events and lists are shown of the caller. */
const char *jf_call_caller_shown(const struct jf_call *call); /* "anonymous" when it is withheld */
const char *jf_call_caller_name_shown(const struct jf_call *call);

/* jf_call_dial.c: who is called, and no longer. */
/* The number outside that the caller was to be connected to won't answer. why: static text. */
void jf_call_forward_failed(struct jf_call *call, const char *why, uint16_t code);
void jf_call_dial(struct jf_call_party *party);
void jf_call_leg_end(struct jf_call_party *party, uint16_t code, const char *reason);
/* Why a phone is no longer to ring. */
enum jf_call_cancel {
	JF_CALL_CANCEL_GIVEN_UP,
	JF_CALL_CANCEL_RONA,      /* nobody answered for too long */
	JF_CALL_CANCEL_ELSEWHERE, /* somebody else did: it is told so, and lists no missed call */
};
void jf_call_leg_cancel(struct jf_call_party *party, enum jf_call_cancel why);
enum jf_acd_outcome jf_call_outcome_of(const struct jf_leg_event *event);
struct jf_call_ghost;
/* Cancels a leg of the party's, and sees to it that an answer that crosses that is not held against
 * the agent. */
void jf_call_ghost_make(struct jf_call_party *party, struct jf_leg *leg, enum jf_call_cancel why);
void jf_call_ghost_ended(struct jf_call_ghost *ghost, const struct jf_leg_event *event);

/* jf_call_queue.c: the caller and its queue. */
/* Of the call's tenant, in the directory in force; NULL: there is none. */
const struct jf_directory_queue *jf_call_queue_named(const struct jf_call *call, const char *name);
/* It will wait in that one, with its music. */
void jf_call_queue_set(struct jf_call *call, const struct jf_directory_queue *queue);
/* As it enters a queue, with what it wants. */
struct jf_acd_arrival jf_call_arrival(const struct jf_call *call, const char *queue,
                                      uint64_t enqueued_ns);
void jf_call_enqueue(struct jf_call *call, uint64_t now_ns);
/* The number outside that it is connected to instead of a queue. */
void jf_call_forward_set(struct jf_call *call, const char *number);
/* What comes after the greeting: an event of the call. */
enum jf_call_event jf_call_greeted(struct jf_call *call);
void jf_call_overflowed(struct jf_call *call, const struct jf_acd_output *output);
void jf_call_queue_closed(struct jf_call *call, const struct jf_acd_output *output);

/* jf_call_codes.c: what an agent's phone calls to say what the agent does. */
struct jf_call_code {
	const char *tenant, *reason; /* of the directory */
	enum jf_agent_change change;
};
bool jf_call_code_find(const struct jf_calls *calls, const char *agent, const char *number,
                       struct jf_call_code *ret_code);

/* jf_call_teams.c: NULL: it is in none, or gone from the directory. */
const char *jf_call_agent_team(const struct jf_calls *calls, const char *agent);
bool jf_call_agent_is_in(const struct jf_calls *calls, const char *agent, const char *tenant,
                         const char *team);

/* jf_call_kpi.c: for the interval accounts, if there are any. */
#define JF_CALL_THRESHOLD_NS (20 * JF_NS_PER_S) /* of a queue that left the directory */
#define JF_CALL_SERVES_MAX   JF_DIRECTORY_MEMBERSHIPS_MAX
void jf_call_kpi_left(struct jf_calls *calls, const struct jf_acd_output *output);
void jf_call_kpi_agent(struct jf_calls *calls, const struct jf_acd_agent *agent,
                       enum jf_agent_state state);
void jf_call_kpi_restored(struct jf_calls *calls); /* all agents, after a restart */
/* Another directory is in force: those whose team or queues it changes. former may be NULL. */
/* An agent as the directory had and has him: accounts of another team, other queues. */
void jf_call_kpi_agent_set(struct jf_calls *calls, const struct jf_directory_agent *was,
                           const struct jf_directory_agent *now);
void jf_call_kpi_transferred(const struct jf_call_party *party);
void jf_call_kpi_day(struct jf_calls *calls, const char *tenant, int64_t begin_s);
/* What a survey brought: for its queue and whoever served. */
void jf_call_kpi_survey(const struct jf_call *call, const struct jf_kpi_sums *more);
uint64_t jf_call_kpi_now(void); /* of the wall clock */
/* "today": the figures, into an object. */
void jf_call_kpi_add(const struct jf_calls *calls, enum jf_kpis_kind kind, const char *tenant,
                     const char *name, json_t *json);

/* jf_call_intake.c: what comes before any queue. */
void jf_call_intake_begin(struct jf_call *call); /* a caller of a number */
/* Its state was that, and may be another now. */
void jf_call_intake_moved(struct jf_call *call, enum jf_call_state was);
void jf_call_intake_describe(const struct jf_call *call, json_t *json);
void jf_call_intake_store(const struct jf_call *call, json_t *row);
void jf_call_intake_read(struct jf_call *call, const json_t *row);

/* jf_call_settle.c: what follows from the state. */
/* The agent's phone in a conference: whichever of its lines is not on hold. */
const struct jf_call_party *jf_call_speaks_on(const struct jf_call *call);
void jf_call_settle(struct jf_call *call, uint64_t now_ns);
struct jf_call_party *jf_call_party_at(struct jf_call *call, struct jf_media_ref endpoint);

/* jf_call_leg.c */
void jf_call_party_event(struct jf_call_party *party, const struct jf_leg_event *event);
/* The leg of an agent who was called has ended without an answer. True: it is called again. */
bool jf_call_party_unanswered(struct jf_call_party *party, const struct jf_leg_event *event);
void jf_call_ping(struct jf_call_party *party, unsigned timeout_ms, uint64_t now_ns);

/* jf_call_keys.c */

/* New keys, one a line, for the suites that we like best. 0 or -EIO. */
int jf_call_keys_offer(struct jf_sdp_crypto *ret_lines, uint8_t count);

/* Our line to one of those offered, count at least 1. present: those in use, which stay if they are
 * offered again. 0 or -EIO. */
int jf_call_keys_answer(const struct jf_media_keys *present, const struct jf_sdp_crypto *offered,
                        uint8_t count, struct jf_sdp_crypto *ret_line);

/* Both have spoken: of ours the line that goes with theirs is left, or none. Whether the keys are
 * other ones than before. */
bool jf_call_keys_agree(struct jf_media_keys *keys, struct jf_sdp_crypto *ours, uint8_t *n_ours,
                        const struct jf_sdp_crypto *theirs, uint8_t n_theirs);

/* jf_call_negotiate.c */

/* Our offer to the party, in party->offered as a rule. In a dialog: what is in use, with new keys.
 * 0 or a negative errno. */
int jf_call_offer_make(struct jf_call_party *party, enum jf_call_security security,
                       struct jf_media_desc *ret_local);

/* Our answer to its offer. 0, or -ENOTSUP with why (for a Warning), or another errno. */
int jf_call_answer_make(struct jf_call_party *party, const struct jf_media_desc *offer,
                        struct jf_media_desc *ret_local, const char **ret_why);

/* Both have spoken. 0, or -ENOTSUP when they don't fit: nothing is changed then. */
int jf_call_agree(struct jf_call_party *party, const struct jf_media_desc *local,
                  const struct jf_media_desc *desc);
enum jf_codec jf_call_codec(const struct jf_call_party *party);
bool jf_call_is_opaque(const struct jf_call_party *party);
struct jf_media_remote jf_call_remote_make(const struct jf_call_party *party);

/* jf_call_video.c: pictures beside the sound, passed on as they come. */

/* What our offer, or our answer, says of video; without it, if there can be none. security: of the
 * sound. 0 or -EIO (keys). */
int jf_call_video_offer(struct jf_call_party *party, enum jf_call_security security,
                        struct jf_media_desc *local);
int jf_call_video_answer(struct jf_call_party *party, const struct jf_media_desc *offer,
                         struct jf_media_desc *local);
/* What was agreed, to the media; or nothing was. */
void jf_call_video_agreed(struct jf_call_party *party);
/* The party has asked for a whole picture of whom it sees. */
void jf_call_video_wanted(struct jf_call_party *party);
/* Who sees whom follows who hears whom. */
void jf_call_video_settle(struct jf_call *call);
void jf_call_video_record(struct jf_call *call);
/* Writes the last figures; true: a recording is still to be closed. */
bool jf_call_video_finish(struct jf_call *call, struct jf_json_writer *streams);
/* Whether the event was about video: it is dealt with then. */
bool jf_call_video_event(struct jf_call *call, const struct jf_media_event *event);
void jf_call_video_close(struct jf_call_party *party);
/* What lives of it, after a restart. */
void jf_call_video_adopt(struct jf_call_party *party);

/* jf_call_digits.c */
void jf_call_digit_media(struct jf_call *call, const struct jf_media_event *event);
void jf_call_digit_info(struct jf_call_party *party, char digit, uint32_t duration_ms);
void jf_call_presses_flush(struct jf_call_party *party); /* those that wait, now */

/* jf_call_media.c */
int jf_call_media_open(struct jf_call *call, const struct jf_media_address *toward);
void jf_call_media_remote(struct jf_call_party *party);
void jf_call_media_greet(struct jf_call *call);
void jf_call_media_join(struct jf_call *call); /* recording and analytics, from now on */
void jf_call_media_speech_end(struct jf_call *call);
void jf_call_media_part(struct jf_call *call);
void jf_call_media_close(struct jf_call_party *party);

/* In the place of the party's own, which are closed. */
void jf_call_media_take(struct jf_call_party *party, struct jf_media_ref endpoint,
                        struct jf_media_ref video);
/* Gives a party that is called an endpoint on the side where its phone is. 0, or of jf_media_open.
 */
int jf_call_media_toward(struct jf_call_party *party, const struct jf_media_address *toward);
enum jf_media_format jf_call_recording_format(const struct jf_call_party *left,
                                              const struct jf_call_party *right);
/* Under the recordings folder; part: between the call's id and the ending. */
void jf_call_recording_path(const struct jf_call *call, const char *part,
                            enum jf_media_format format, char ret_path[JF_CALL_RECORDING_PATH]);
json_t *jf_call_recording_json(const struct jf_call *call, struct jf_media_ref recording);
/* Takes the last figures and lets go; true: a recording is still to be closed. */
bool jf_call_media_finish(struct jf_call *call);
void jf_call_sweep(struct jf_call *call, uint64_t now_ns);

/* A recording of the caller alone; stop: of whatever is recorded. Whether its end is to be told. */
void jf_call_media_record(struct jf_call *call);
bool jf_call_media_record_stop(struct jf_call *call);

/* jf_call_row.c: the live row and the record. */
json_t *jf_call_describe(const struct jf_call *call, uint64_t now_ns);
/* Of that, what a restarted process can't find out by itself. */
json_t *jf_call_describe_kept(const struct jf_call *call);
void jf_call_row_put(struct jf_call *call, struct jf_store_batch *batch); /* jf_call_live.c */
void jf_call_speech_store(struct jf_call *call);
void jf_call_record_write(struct jf_call *call);
json_t *jf_call_utc(uint64_t utc_ns);
/* The same as text; nothing where at_ns is 0. */
void jf_call_put_utc(struct jf_json_writer *w, const char *key, const struct jf_call *call,
                     uint64_t at_ns);
json_t *jf_call_speech_json(const struct jf_call *call, uint64_t now_ns);
/* As it ends; to be freed. NULL: no memory. */
char *jf_call_speech_text(const struct jf_call *call, uint64_t now_ns);

/* jf_call_rows.c: rows are stored soon, many together. */
void jf_call_row_store(struct jf_call *call);
void jf_agent_row_store(struct jf_calls *calls, struct jf_acd_ref agent);
void jf_registrations_row_store(struct jf_calls *calls, const char *agent);
void jf_call_rows_flush(struct jf_calls *calls);

/* Stores what is left. */
void jf_call_rows_close(struct jf_calls *calls);

/* jf_call_adopt.c */
int jf_calls_adopt(struct jf_calls *calls);

/* jf_call_bytes.c: plain data as text, runs of zeros folded. */
char *jf_call_bytes_text(const void *bytes, size_t length); /* for the caller to free; NULL */
int jf_call_bytes_parse(const char *text, void *ret_bytes, size_t length);

/* jf_agents.c */
void jf_registrations_row_put(struct jf_calls *calls, const char *agent,
                              struct jf_store_batch *batch);
void jf_agent_row_put(struct jf_calls *calls, struct jf_acd_ref agent,
                      struct jf_store_batch *batch);
void jf_agents_drain(struct jf_calls *calls);
/* When a row was stored, and by that a monotonic time of its as this boot's. */
void jf_agents_row_stamp(const struct jf_calls *calls, json_t *row);
uint64_t jf_agents_row_time(const struct jf_calls *calls, const json_t *row, const char *key,
                            uint64_t now_ns);
int jf_agents_restore(struct jf_calls *calls);
void jf_agents_registration(struct jf_calls *calls, enum jf_registration_change change,
                            const struct jf_registration *registration);

#include "jf_call_files_priv.h"
#include "jf_call_hands_priv.h"

#endif
