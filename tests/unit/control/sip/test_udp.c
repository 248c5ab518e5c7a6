// SPDX-License-Identifier: BSD-3-Clause
/* Datagrams in bursts, on real sockets: what is sent together arrives as it was, each by itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <re/re.h>

#include "jf_loop.h"
#include "jf_udp.h"

#define TEXT_MAX 2048u
#define PEERS    2u

static struct udp_sock *sock;
static unsigned came, drained;
static int peers[PEERS];
static struct sa addresses[PEERS];

static void on_burst(struct udp_sock *us, const struct jf_udp_datagram *datagrams, unsigned count,
                     void *arg)
{
	(void)us;
	(void)datagrams;
	(void)arg;
	came += count;
	if (count)
		return;
	drained++;
	jf_loop_stop();
}

static void on_datagram(const struct sa *source, struct mbuf *mb, void *arg)
{
	(void)source;
	(void)mb;
	(void)arg;
}

static int setup(void **state)
{
	struct sa local;

	(void)state;
	came = drained = 0;
	if (jf_loop_init(0) || sa_set_str(&local, "127.0.0.1", 0))
		return -1;
	jf_udp_watch_next(&local, on_burst, NULL);
	if (udp_listen(&sock, &local, on_datagram, NULL))
		return -1;
	for (unsigned p = 0; p < PEERS; p++) {
		addresses[p] = local;
		peers[p] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (peers[p] < 0 || bind(peers[p], &local.u.sa, local.len) ||
		    getsockname(peers[p], &addresses[p].u.sa, &addresses[p].len))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned p = 0; p < PEERS; p++)
		close(peers[p]);
	sock = mem_deref(sock);
	jf_loop_close();
	return 0;
}

/* The next datagram of a peer, or "". */
static const char *next_of(unsigned peer)
{
	static char text[TEXT_MAX];
	ssize_t n = recv(peers[peer], text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void burst_of_one_length_and_of_several(void **state)
{
	static char texts[JF_UDP_BURST][TEXT_MAX];
	struct jf_udp_answer answers[JF_UDP_BURST];
	unsigned seen[PEERS] = {0};

	(void)state;
	for (unsigned i = 0; i < JF_UDP_BURST; i++) {
		/* Runs of one length to one peer, then lengths of their own, then by turns. */
		unsigned peer = i < 30 ? 0 : i < 40 ? 1 : i % PEERS;
		int n = i < 30 || i >= 50
		                ? snprintf(texts[i], TEXT_MAX, "%04u %-400s|", i, "the same")
		                : snprintf(texts[i], TEXT_MAX, "%04u %-*s|", i, (int)i, "others");

		answers[i] = (struct jf_udp_answer){addresses[peer], texts[i], (size_t)n};
	}
	jf_udp_send_burst(sock, answers, JF_UDP_BURST);
	for (unsigned p = 0; p < PEERS; p++) {
		const char *text;

		for (; *(text = next_of(p)); seen[p]++) {
			unsigned i = 0;

			assert_int_equal(sscanf(text, "%u", &i), 1);
			assert_true(i < JF_UDP_BURST);
			assert_string_equal(text, texts[i]);
			assert_true(sa_cmp(&answers[i].to, &addresses[p], SA_ALL));
		}
	}
	assert_int_equal(seen[0], 42);
	assert_int_equal(seen[1], 22);
}

static void one_that_cannot_go_keeps_nobody(void **state)
{
	struct jf_udp_answer answers[3] = {
	        {addresses[0], "one", 3}, {addresses[0], "two", 3}, {addresses[0], "end.", 4}};

	(void)state;
	/* Broadcast is not permitted to this socket. */
	assert_int_equal(sa_set_str(&answers[1].to, "255.255.255.255", 9), 0);
	jf_udp_send_burst(sock, answers, 3);
	assert_string_equal(next_of(0), "one");
	assert_string_equal(next_of(0), "end.");
}

static void say(const char *text)
{
	struct mbuf *mb = mbuf_alloc(64);

	assert_non_null(mb);
	assert_int_equal(mbuf_write_str(mb, text), 0);
	mb->pos = 0;
	assert_int_equal(udp_send(sock, &addresses[0], mb), 0);
	mem_deref(mb);
}

static void held_datagrams_leave_together(void **state)
{
	char text[32];

	(void)state;
	jf_udp_hold();
	for (unsigned i = 0; i < JF_UDP_BURST; i++) {
		snprintf(text, sizeof(text), "%04u", i);
		say(text);
	}
	assert_string_equal(next_of(0), "");
	say("one more than there is room for");
	jf_udp_release();
	for (unsigned i = 0; i < JF_UDP_BURST; i++) {
		snprintf(text, sizeof(text), "%04u", i);
		assert_string_equal(next_of(0), text);
	}
	assert_string_equal(next_of(0), "one more than there is room for");
	say("at once");
	assert_string_equal(next_of(0), "at once");
}

static void watcher_hears_when_all_is_read(void **state)
{
	struct sa ours;

	(void)state;
	assert_int_equal(udp_local_get(sock, &ours), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(sendto(peers[0], "x", 1, 0, &ours.u.sa, ours.len), 1);
	assert_int_equal(jf_loop_run(), 0);
	assert_int_equal(came, 3);
	assert_int_equal(drained, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(burst_of_one_length_and_of_several),
	        TEST(one_that_cannot_go_keeps_nobody),
	        TEST(held_datagrams_leave_together),
	        TEST(watcher_hears_when_all_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
