// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-sip: callers and agents of SIP calls through the server under test, over UDP. Arguments:
 * the addresses of callers, agents and server, the first number that is called, and how many there
 * are. Takes orders as lines
 * on standard input, and answers each with one JSON object on one line of standard output:
 *
 *   register FIRST COUNT PASSWORD  agents FIRST, FIRST + 1, .. with the server
 *   trial CPS SECONDS HOLD_MS      calls begin at random moments (a Poisson process) for so long,
 *                                  and are held for so long; answered when all of them are over.
 *                                  Begins no further ones after the first that failed.
 *   flood CPS SECONDS HOLD_MS      the same, but goes on whatever fails
 *   hold CPS COUNT                 that many calls come up and stay
 *   release CPS                    they end
 *   quit
 *
 * Between orders calls that are held go on being answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "jf_sipgen_calls.h"
#include "jf_sipgen_register.h"
#include "jf_time.h"

#define CAPACITY   65536u
#define LONGEST_NS (10 * JF_NS_PER_MS) /* of a sleep */
#define PACE_NS                                                                                    \
	(JF_NS_PER_MS / 2) /* between two turns while there is an order, see pause_until           \
	                    */
#define SILENCE_NS  (60 * JF_NS_PER_S) /* an order that gets nowhere for so long has failed */
#define BEHIND_MAX  1024u              /* calls that are begun in one turn */
#define BATCHES_MAX 8u                 /* of messages that are read in one turn, on each side */
#define ORDER_BYTES 256u

struct order {
	enum { NOTHING, REGISTER, TRIAL, FLOOD, HOLD, RELEASE } what;
	double cps;
	uint64_t begun_ns, until_ns, hold_ns, next_ns;
	uint64_t count;       /* calls still to begin or end; UINT64_MAX: until until_ns */
	uint64_t behind_ns;   /* the latest that one began after its moment */
	uint64_t progress_ns; /* when something last happened */
	uint64_t seen;
};

struct generator {
	struct jf_sipgen_wire *wire;
	struct jf_sipgen_calls *calls;
	struct jf_sipgen_register *reg;
	struct sockaddr_in server;
	struct order order;
	uint64_t random;
	char line[ORDER_BYTES];
	size_t line_length;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* ---- Answers -------------------------------------------------------------------------------- */

static void print_histogram(const char *name, const struct jf_gen_histogram *h)
{
	printf(", \"%s\": {\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, "
	       "\"max\": %.1f}",
	       name, (double)jf_gen_histogram_at(h, 500) / 1e3,
	       (double)jf_gen_histogram_at(h, 900) / 1e3, (double)jf_gen_histogram_at(h, 990) / 1e3,
	       (double)jf_gen_histogram_at(h, 999) / 1e3, (double)h->max / 1e3);
}

static void answer_calls(struct generator *g, uint64_t now_ns)
{
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(g->calls);

	printf("{\"seconds\": %.3f, \"started\": %llu, \"completed\": %llu, \"up\": %llu, "
	       "\"refused\": %llu, \"refused_code\": %u, \"timed_out\": %llu, \"wrong\": %llu, "
	       "\"repeated\": %llu, \"unsent\": %llu, \"behind_ms\": %.1f",
	       (double)(now_ns - g->order.begun_ns) / 1e9, (unsigned long long)r->started,
	       (unsigned long long)r->completed, (unsigned long long)r->up,
	       (unsigned long long)r->refused, r->refused_code, (unsigned long long)r->timed_out,
	       (unsigned long long)r->wrong, (unsigned long long)r->repeated,
	       (unsigned long long)jf_sipgen_wire_unsent(g->wire),
	       (double)g->order.behind_ns / 1e6);
	print_histogram("dial_us", &r->dial);
	print_histogram("setup_us", &r->setup);
	print_histogram("close_us", &r->close);
	print_histogram("refusal_us", &r->refusal);
	printf("}\n");
	g->order.what = NOTHING;
}

static void answer_error(struct generator *g, const char *what)
{
	printf("{\"error\": \"%s\"}\n", what);
	g->order.what = NOTHING;
}

/* ---- Orders --------------------------------------------------------------------------------- */

static int order_register(struct generator *g, uint32_t first, uint32_t count, const char *password)
{
	static char kept[64];
	struct jf_sipgen_register_config config = {
	        .wire = g->wire, .server = g->server, .first = first, .count = count};

	if (!count)
		return -EINVAL;
	snprintf(kept, sizeof(kept), "%s", password);
	config.password = kept;
	jf_sipgen_register_destroy(g->reg);
	g->reg = NULL;
	g->order.what = REGISTER;
	return jf_sipgen_register_create(&config, &g->reg);
}

static int take_order(struct generator *g, const char *line)
{
	uint64_t now_ns = now();
	unsigned int first, count, hold_ms;
	char password[64];
	double cps, seconds;

	jf_sipgen_calls_reset(g->calls);
	g->order = (struct order){.begun_ns = now_ns, .next_ns = now_ns, .progress_ns = now_ns};
	if (sscanf(line, "register %u %u %63s", &first, &count, password) == 3)
		return order_register(g, first, count, password);
	g->order.count = UINT64_MAX;
	g->order.until_ns = UINT64_MAX;
	if (sscanf(line, "trial %lf %lf %u", &cps, &seconds, &hold_ms) == 3 ||
	    sscanf(line, "flood %lf %lf %u", &cps, &seconds, &hold_ms) == 3) {
		g->order.what = *line == 't' ? TRIAL : FLOOD;
		g->order.until_ns = now_ns + (uint64_t)(seconds * 1e9);
		g->order.hold_ns = (uint64_t)hold_ms * JF_NS_PER_MS;
	} else if (sscanf(line, "hold %lf %u", &cps, &count) == 2 && count < CAPACITY) {
		g->order.what = HOLD;
		g->order.count = count;
		g->order.hold_ns = JF_SIPGEN_HELD;
	} else if (sscanf(line, "release %lf", &cps) == 1) {
		g->order.what = RELEASE;
	} else {
		return -EINVAL;
	}
	g->order.cps = cps;
	return cps > 0 ? 0 : -EINVAL;
}

/* false: quit. */
static bool read_orders(struct generator *g)
{
	ssize_t n =
	        read(STDIN_FILENO, g->line + g->line_length, sizeof(g->line) - 1 - g->line_length);
	char *end;

	if (n <= 0)
		return false;
	g->line_length += (size_t)n;
	g->line[g->line_length] = '\0';
	while ((end = strchr(g->line, '\n'))) {
		*end = '\0';
		if (!strcmp(g->line, "quit"))
			return false;
		if (g->order.what != NOTHING)
			answer_error(g, "an order is under way");
		else if (take_order(g, g->line))
			answer_error(g, "what order is that?");
		g->line_length -= (size_t)(end + 1 - g->line);
		memmove(g->line, end + 1, g->line_length + 1);
	}
	return g->line_length < sizeof(g->line) - 1;
}

/* ---- Turning -------------------------------------------------------------------------------- */

/* Until the next event of a Poisson process, by xorshift64*. */
static uint64_t pause_of(struct generator *g)
{
	double uniform;

	g->random ^= g->random >> 12;
	g->random ^= g->random << 25;
	g->random ^= g->random >> 27;
	uniform = (double)((g->random * UINT64_C(0x2545f4914f6cdd1d)) >> 11) / 9007199254740992.0;
	return (uint64_t)(-log(1.0 - uniform) * 1e9 / g->order.cps);
}

/* Begins or ends the calls whose moment has come. */
static void act(struct generator *g, uint64_t now_ns)
{
	struct order *o = &g->order;
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(g->calls);

	if ((o->what == TRIAL && jf_sipgen_failed(r)) ||
	    (o->what <= FLOOD && (o->next_ns >= o->until_ns || now_ns >= o->until_ns)))
		o->count = 0;
	for (uint32_t n = 0;
	     n < BEHIND_MAX && o->count && o->next_ns <= now_ns && o->next_ns < o->until_ns; n++) {
		bool done = o->what == RELEASE
		                    ? jf_sipgen_calls_release(g->calls, now_ns)
		                    : jf_sipgen_call_start(g->calls, o->hold_ns, now_ns) == 0;

		if (now_ns - o->next_ns > o->behind_ns)
			o->behind_ns = now_ns - o->next_ns;
		if (!done && o->what == RELEASE)
			o->count = 0;
		if (!done)
			break;
		if (o->count != UINT64_MAX)
			o->count--;
		o->next_ns += pause_of(g);
	}
}

static void check_done(struct generator *g, uint64_t now_ns)
{
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(g->calls);
	struct order *o = &g->order;
	uint64_t seen = r->started + r->completed + r->up + jf_sipgen_failed(r);
	uint16_t refused = 0;

	if (o->what == REGISTER) {
		uint32_t done = jf_sipgen_register_done(g->reg, &refused);

		seen = done;
		if (refused) {
			answer_error(g, "a registration was refused");
			return;
		}
		jf_sipgen_register_turn(g->reg, now_ns);
		jf_sipgen_wire_flush(g->wire);
	}
	if (seen != o->seen)
		o->progress_ns = now_ns;
	o->seen = seen;
	if (o->what == REGISTER && jf_sipgen_register_finished(g->reg)) {
		printf("{\"registered\": %llu, \"seconds\": %.3f}\n", (unsigned long long)seen,
		       (double)(now_ns - o->begun_ns) / 1e9);
		o->what = NOTHING;
	} else if ((o->what == TRIAL || o->what == FLOOD || o->what == RELEASE) && !o->count &&
	           !r->active) {
		answer_calls(g, now_ns);
	} else if (o->what == HOLD && !o->count && r->active == r->up) {
		answer_calls(g, now_ns);
	} else if (now_ns - o->progress_ns > SILENCE_NS) {
		answer_error(g, "nothing happens any more");
	}
}

/* false: there may be more. */
static bool receive(struct generator *g, enum jf_sipgen_side side)
{
	const struct jf_sipgen_received *received;
	uint32_t n = jf_sipgen_wire_receive(g->wire, side, &received);
	uint64_t now_ns = now();

	for (uint32_t i = 0; i < n; i++) {
		struct jf_sipgen_message m;

		if (!jf_sipgen_message_read(received[i].bytes, received[i].length, &m))
			continue;
		if (m.method == JF_SIPGEN_REGISTER && g->reg)
			jf_sipgen_register_receive(g->reg, &m, now_ns);
		else
			jf_sipgen_calls_receive(g->calls, side, &m, &received[i], now_ns);
	}
	return !n;
}

/* All that is there, but not so much that nothing else is done. */
static void receive_all(struct generator *g)
{
	bool done[JF_SIPGEN_SIDES] = {false};

	for (uint32_t n = 0; n < BATCHES_MAX; n++)
		for (unsigned int side = 0; side < JF_SIPGEN_SIDES; side++)
			if (!done[side])
				done[side] = receive(g, side);
}

/*
 * Under an order nobody waits at the sockets: what a turn finds there came in the meantime. Waking
 * a sleeper for each message would cost whoever sends it more than the message does, which is the
 * system under test; on other machines our peers don't pay for that either. It makes what is
 * measured later by up to PACE_NS, never earlier; but for the post-dial delay, which ends when the
 * kernel got the agent's INVITE.
 */
static void pause_until(uint64_t until_ns)
{
	struct timespec until = {.tv_sec = (time_t)(until_ns / JF_NS_PER_S),
	                         .tv_nsec = (long)(until_ns % JF_NS_PER_S)};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void run(struct generator *g)
{
	for (;;) {
		uint64_t now_ns = now(), next_ns = jf_sipgen_calls_turn(g->calls, now_ns);
		uint64_t began_ns = now_ns;

		if (g->order.what != NOTHING && g->order.what != REGISTER)
			act(g, now_ns);
		jf_sipgen_wire_flush(g->wire);
		receive_all(g);
		jf_sipgen_wire_flush(g->wire);
		if (g->order.what != NOTHING)
			check_done(g, now_ns);
		if (g->order.what > REGISTER && g->order.count && g->order.next_ns < next_ns)
			next_ns = g->order.next_ns;
		if (g->order.what != NOTHING)
			pause_until(began_ns + PACE_NS);
		now_ns = now();
		next_ns = next_ns > now_ns && g->order.what == NOTHING ? next_ns - now_ns : 0;
		if (jf_sipgen_wire_wait(g->wire, STDIN_FILENO,
		                        next_ns < LONGEST_NS ? next_ns : LONGEST_NS) &&
		    !read_orders(g))
			return;
	}
}

static int open_all(struct generator *g, char **argv)
{
	const char *const addresses[JF_SIPGEN_SIDES] = {argv[1], argv[2]};
	struct jf_sipgen_calls_config config = {.capacity = CAPACITY};
	int err;

	g->random = now() | 1;
	g->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(JF_SIPGEN_PORT)};
	if (inet_pton(AF_INET, argv[3], &g->server.sin_addr) != 1)
		return -EINVAL;
	err = jf_sipgen_wire_open(addresses, &g->wire);
	if (err)
		return err;
	config.called = (uint32_t)strtoul(argv[4], NULL, 10);
	config.n_called = (uint32_t)strtoul(argv[5], NULL, 10);
	config.wire = g->wire;
	config.server = g->server;
	return jf_sipgen_calls_create(&config, &g->calls);
}

int main(int argc, char **argv)
{
	static struct generator g;
	int err;

	if (argc != 6) {
		fprintf(stderr, "usage: jf-bench-sip CALLERS AGENTS SERVER NUMBER COUNT\n"
		                "IPv4 addresses; orders come on standard input\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)prctl(PR_SET_TIMERSLACK, 1000);
	err = open_all(&g, argv);
	if (err)
		fprintf(stderr, "jf-bench-sip: %s\n", strerror(-err));
	else
		run(&g);
	jf_sipgen_register_destroy(g.reg);
	jf_sipgen_calls_destroy(g.calls);
	jf_sipgen_wire_close(g.wire);
	return err != 0;
}
