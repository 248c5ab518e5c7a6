// SPDX-License-Identifier: BSD-3-Clause
/*
 * The real jf-dataplane on a veth pair between two network namespaces of its own: this program is
 * control (through the contract) and both phones (through sockets). Argument: the binary. Root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_contract.h"
#include "jf_g711.h"
#include "jf_rtp.h"
#include "jf_time.h"
#include "jf_transcode.h"

#define WAIT_MS 60000 /* a sanitized build on a busy machine takes long to start */

#define PHONES 3 /* the third one is a supervisor's */

struct phone {
	int rtp, rtcp;
};

static struct {
	const char *binary;
	char dir[64], engine[32], phones[32];
	pid_t pid;
	struct jf_contract contract;
	uint32_t requests;
	struct phone phone[PHONES];
} it;

/* ---- The machine ---------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
}

static void sleep_ms(uint32_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void sh(const char *format, ...)
{
	char command[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		print_error("failed: %s\n", command);
}

static void enter(const char *netns)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
	close(fd);
}

static void attach(void)
{
	char path[100];
	uint64_t until = now_ns() + WAIT_MS * JF_NS_PER_MS;

	snprintf(path, sizeof(path), "%s/run/contract", it.dir);
	while (now_ns() < until) {
		struct stat st;
		int fd = open(path, O_RDWR | O_CLOEXEC);
		void *memory;

		if (fd >= 0 && fstat(fd, &st) == 0) {
			memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			              fd, 0);
			close(fd);
			assert_ptr_not_equal(memory, MAP_FAILED);
			assert_int_equal(
			        jf_contract_attach(memory, (uint64_t)st.st_size, &it.contract), 0);
			return;
		}
		sleep_ms(20);
	}
	fail_msg("no contract appeared");
}

static void start_dataplane(void)
{
	char config[100];

	snprintf(config, sizeof(config), "%s/node.yaml", it.dir);
	it.pid = fork();
	if (it.pid == 0) {
		enter(it.engine);
		execl(it.binary, it.binary, "--config", config, NULL);
		_exit(127);
	}
	attach();
}

static int stop_dataplane(int signal)
{
	int status = 0;

	kill(it.pid, signal);
	waitpid(it.pid, &status, 0);
	it.pid = 0;
	munmap(it.contract.header, it.contract.header->size);
	return status;
}

static int udp_socket(uint32_t ip, uint16_t port)
{
	struct sockaddr_in at = {
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	return fd;
}

static uint32_t phone_ip(uint32_t phone)
{
	return 0x0a4d0002 + phone;
}

static void write_node_file(void)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/node.yaml", it.dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
	        "name: test\nstate_dir: %s/state\nrun_dir: %s/run\nrecordings_dir: %s/recordings\n"
	        "dataplane:\n  hugepages: never\n  memory_mb: 64\n  idle: sleep\n  main_core: 0\n"
	        "  worker_cores: [0]\n  endpoints_per_address: 16\n  recordings_max: 4\n"
	        "  track_frames: 256\n  ports:\n    - device: \"net_af_packet0,iface=media\"\n"
	        "      exception: jf0\n      addresses: [10.77.0.1/16]\n",
	        it.dir, it.dir, it.dir);
	fclose(file);
}

static int begin(void **state)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)state;
	snprintf(it.dir, sizeof(it.dir), "/tmp/jf-it-%d", getpid());
	snprintf(it.engine, sizeof(it.engine), "jf-it-e-%d", getpid());
	snprintf(it.phones, sizeof(it.phones), "jf-it-p-%d", getpid());
	mkdir(it.dir, 0700);
	sh("ip netns add %s; ip netns add %s", it.engine, it.phones);
	sh("ip -n %s link add media type veth peer name phones netns %s", it.engine, it.phones);
	sh("ip netns exec %s sysctl -qw net.ipv6.conf.media.disable_ipv6=1", it.engine);
	sh("ip -n %s link set media arp off up", it.engine);
	sh("ip netns exec %s ethtool -K phones tx off tso off gso off >/dev/null", it.phones);
	sh("ip -n %s link set phones up", it.phones);
	for (uint32_t i = 0; i < PHONES; i++)
		sh("ip -n %s addr add 10.77.0.%u/16 dev phones", it.phones, 2 + i);
	write_node_file();
	enter(it.phones);
	for (uint32_t i = 0; i < PHONES; i++) {
		it.phone[i].rtp = udp_socket(phone_ip(i), 40000);
		it.phone[i].rtcp = udp_socket(phone_ip(i), 40001);
	}
	setns(home, CLONE_NEWNET);
	close(home);
	start_dataplane();
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (it.pid > 0) { /* a test failed */
		kill(it.pid, SIGKILL);
		waitpid(it.pid, NULL, 0);
	}
	for (uint32_t i = 0; i < PHONES; i++) {
		close(it.phone[i].rtp);
		close(it.phone[i].rtcp);
	}
	sh("ip netns del %s; ip netns del %s; rm -rf %s", it.engine, it.phones, it.dir);
	return 0;
}

/* ---- Control -------------------------------------------------------------------------------- */

static int ask(uint32_t ring, struct jf_command command)
{
	uint64_t until = now_ns() + WAIT_MS * JF_NS_PER_MS;
	struct jf_answer answer;

	command.request = ++it.requests;
	assert_int_equal(jf_contract_post(&it.contract, ring, &command), 0);
	while (now_ns() < until) {
		if (jf_contract_take_answer(&it.contract, ring, &answer) == 0) {
			assert_int_equal(answer.request, command.request);
			return answer.result;
		}
		sleep_ms(1);
	}
	fail_msg("command %s was not answered", jf_command_name(command.type));
	return -1;
}

static int command(struct jf_command c)
{
	return ask(0, c);
}

static void open_phone(uint32_t phone, uint32_t generation, uint8_t codec)
{
	uint32_t ip_be = htonl(phone_ip(phone));
	struct jf_command remote = {.type = JF_COMMAND_REMOTE,
	                            .endpoint = {phone, generation},
	                            .remote = {.family = 4,
	                                       .direction = 3,
	                                       .codec = codec,
	                                       .clock_hz = 8000,
	                                       .rtp_port = 40000,
	                                       .rtcp_port = 40001,
	                                       .rx_audio_type = codec,
	                                       .tx_audio_type = codec,
	                                       .rx_event_type = 101,
	                                       .tx_event_type = 101,
	                                       .ptime_ms = 20}};

	memcpy(remote.remote.ip, &ip_be, 4);
	assert_int_equal(command((struct jf_command){.type = JF_COMMAND_OPEN,
	                                             .endpoint = {phone, generation},
	                                             .open = {.side = phone & 1}}),
	                 0);
	assert_int_equal(command(remote), 0);
}

/* Endpoints 0 and 1, for phones 0 and 1. */
static void open_call(uint32_t generation)
{
	for (uint32_t i = 0; i < 2; i++)
		open_phone(i, generation, JF_CODEC_PCMU);
}

static void join_call(uint32_t generation)
{
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(
		        command((struct jf_command){.type = JF_COMMAND_JOIN,
		                                    .endpoint = {i, generation},
		                                    .join = {.source = {1 - i, generation}}}),
		        0);
}

static bool wait_event(uint32_t ring, enum jf_event_type type, uint32_t ms, struct jf_event *ret)
{
	uint64_t until = now_ns() + ms * JF_NS_PER_MS;

	while (now_ns() < until) {
		while (jf_contract_take_event(&it.contract, ring, ret) == 0)
			if (ret->type == type)
				return true;
		sleep_ms(1);
	}
	return false;
}

/* ---- Phones --------------------------------------------------------------------------------- */

static void phone_send(uint32_t phone, uint16_t sequence, uint8_t code)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)(16384 + 2 * phone)),
	                         .sin_addr.s_addr = htonl(0x0a4d0001)};
	uint8_t packet[12 + 160];

	jf_rtp_write_header(packet, 0, false, sequence, sequence * 160u, 0x100 + phone);
	memset(packet + 12, code, 160);
	assert_int_equal(
	        sendto(it.phone[phone].rtp, packet, sizeof(packet), 0, (void *)&to, sizeof(to)),
	        sizeof(packet));
}

/* Length of the packet, 0 when none comes in time. */
static size_t phone_receive(uint32_t phone, uint32_t ms, uint8_t packet[1500])
{
	struct pollfd fd = {.fd = it.phone[phone].rtp, .events = POLLIN};
	ssize_t n;

	if (poll(&fd, 1, (int)ms) <= 0)
		return 0;
	n = recv(it.phone[phone].rtp, packet, 1500, 0);
	return n > 0 ? (size_t)n : 0;
}

static void drain_phones(void)
{
	uint8_t packet[1500];

	for (uint32_t i = 0; i < PHONES; i++)
		while (phone_receive(i, 0, packet))
			;
}

/* Sends until something comes through: the first packets wait for ARP. */
static uint16_t until_heard(uint32_t from)
{
	uint8_t packet[1500];

	for (uint16_t sequence = 1; sequence < 500; sequence++) {
		phone_send(from, sequence, 0xff);
		if (phone_receive(1 - from, 20, packet))
			return sequence;
	}
	fail_msg("nothing came through");
	return 0;
}

/* ---- Three who talk at once: a caller, an agent, and who listens to them -------------------- */

static const uint8_t codecs[PHONES] = {JF_CODEC_PCMU, JF_CODEC_G722, JF_CODEC_PCMA};
static const double tones[PHONES] = {700, 1100, 1700};

#define TALK_FRAMES 75u
#define EAR_SAMPLES 8000u

static struct {
	struct jf_transcode say[PHONES], hear[PHONES];
	uint16_t sequence;
	int16_t ear[PHONES][EAR_SAMPLES]; /* what came last */
	uint32_t heard[PHONES], breaks[PHONES];
	struct jf_rtp before[PHONES];
} talk;

static void begin_talk(void)
{
	memset(&talk, 0, sizeof(talk));
	for (uint32_t p = 0; p < PHONES; p++) {
		jf_transcode_init(&talk.say[p], JF_CODEC_PCMU, codecs[p]);
		jf_transcode_init(&talk.hear[p], codecs[p], JF_CODEC_PCMU);
	}
}

static void say_tone(uint32_t phone)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)(16384 + 2 * phone)),
	                         .sin_addr.s_addr = htonl(0x0a4d0001)};
	uint8_t packet[12 + 160];

	jf_rtp_write_header(packet, codecs[phone], false, talk.sequence, talk.sequence * 160u,
	                    0x200 + phone);
	for (uint32_t i = 0; i < 160; i++) {
		double t = (talk.sequence * 160.0 + i) / 8000;

		packet[12 + i] = jf_g711_encode(
		        JF_LAW_PCMU, (int16_t)lrint(5000 * sin(2 * M_PI * tones[phone] * t)));
	}
	jf_transcode_run(&talk.say[phone], packet + 12, 160);
	sendto(it.phone[phone].rtp, packet, sizeof(packet), 0, (void *)&to, sizeof(to));
}

static void hear_tone(uint32_t phone, uint8_t *packet, size_t length)
{
	struct jf_rtp rtp, *before = &talk.before[phone];
	int16_t *ear = talk.ear[phone];

	assert_int_equal(jf_rtp_parse(packet, length, &rtp), 0);
	assert_int_equal(rtp.payload_type, codecs[phone]);
	assert_int_equal(rtp.payload_length, 160);
	if (talk.heard[phone]++)
		talk.breaks[phone] += rtp.ssrc != before->ssrc ||
		                      rtp.sequence != (uint16_t)(before->sequence + 1);
	*before = rtp;
	jf_transcode_run(&talk.hear[phone], packet + rtp.payload_offset, 160);
	memmove(ear, ear + 160, (EAR_SAMPLES - 160) * sizeof(*ear));
	jf_g711_decode_block(JF_LAW_PCMU, packet + rtp.payload_offset, 160,
	                     ear + EAR_SAMPLES - 160);
}

/* All talk for a while; the last second of what each heard stays. */
static void talk_on(void)
{
	uint64_t next_ns = now_ns();
	uint8_t packet[1500];

	for (uint32_t f = 0; f < TALK_FRAMES; f++, talk.sequence++) {
		next_ns += 20 * JF_NS_PER_MS;
		for (uint32_t p = 0; p < PHONES; p++)
			say_tone(p);
		while (now_ns() < next_ns) {
			for (uint32_t p = 0; p < PHONES; p++) {
				size_t n = phone_receive(p, 0, packet);

				if (n)
					hear_tone(p, packet, n);
			}
			sleep_ms(1);
		}
	}
}

static bool hears(uint32_t phone, uint32_t source)
{
	double c = 0, s = 0;

	for (uint32_t i = 0; i < EAR_SAMPLES; i++) {
		c += talk.ear[phone][i] * cos(2 * M_PI * tones[source] * i / 8000);
		s += talk.ear[phone][i] * sin(2 * M_PI * tones[source] * i / 8000);
	}
	/* 5,000 when it is there; a stall of the machine may have cost some of it */
	return 2 * sqrt(c * c + s * s) / EAR_SAMPLES > 500;
}

/* For each phone the sources that it hears, as digits. */
static void assert_all_hear(const char *const sources[PHONES])
{
	talk_on();
	for (uint32_t phone = 0; phone < PHONES; phone++)
		for (uint32_t source = 0; source < PHONES; source++)
			if (hears(phone, source) != !!strchr(sources[phone], (int)('0' + source)))
				fail_msg("%u %s %u", phone,
				         hears(phone, source) ? "hears" : "doesn't hear", source);
}

static void join_phones(uint32_t listener, uint32_t source)
{
	assert_int_equal(command((struct jf_command){.type = JF_COMMAND_JOIN,
	                                             .endpoint = {listener, 2},
	                                             .join = {.source = {source, 2}}}),
	                 0);
}

static void mix_phones(uint32_t listener, const char *sources)
{
	struct jf_command mix = {.type = JF_COMMAND_MIX, .endpoint = {listener, 2}};

	for (; *sources; sources++)
		mix.mix.sources[mix.mix.count++] =
		        (struct jf_endpoint_ref){(uint32_t)(*sources - '0'), 2};
	assert_int_equal(command(mix), 0);
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void what_one_phone_says_the_other_hears(void **state)
{
	uint8_t packet[1500];
	struct jf_rtp rtp, before = {0};
	struct jf_slot_rx rx;
	uint16_t start[2];

	(void)state;
	open_call(1);
	join_call(1);
	for (uint32_t from = 0; from < 2; from++)
		start[from] = until_heard(from);
	for (uint16_t i = 1; i <= 200; i++) {
		for (uint32_t from = 0; from < 2; from++) {
			size_t n;

			phone_send(from, (uint16_t)(start[from] + i), (uint8_t)(i + from * 7));
			n = phone_receive(1 - from, 1000, packet);
			assert_int_equal(jf_rtp_parse(packet, n, &rtp), 0);
			assert_int_equal(rtp.payload_length, 160);
			assert_int_equal(packet[12], (uint8_t)(i + from * 7));
			assert_int_equal(packet[171], (uint8_t)(i + from * 7));
			if (from == 0 && before.ssrc) {
				assert_int_equal(rtp.ssrc, before.ssrc);
				assert_int_equal(rtp.sequence, (uint16_t)(before.sequence + 1));
				assert_int_equal(rtp.timestamp, before.timestamp + 160);
			}
			if (from == 0)
				before = rtp;
		}
	}
	jf_contract_read_rx(&it.contract.slots[0], &rx);
	assert_int_equal(jf_slot_rx_lost(&rx), 0);
	assert_int_equal(rx.packets, start[0] + 200);
}

static void write_wav(const char *path, uint32_t samples)
{
	uint8_t header[44] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0"
	                     "\x10\0data....";
	uint32_t bytes = samples * 2, riff = bytes + 36;
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	memcpy(header + 4, &riff, 4);
	memcpy(header + 40, &bytes, 4);
	fwrite(header, 1, sizeof(header), file);
	for (uint32_t i = 0; i < samples; i++) {
		int16_t value = i / 160 % 2 ? 8000 : -8000;

		fwrite(&value, 2, 1, file);
	}
	fclose(file);
}

static void a_sound_is_heard_at_the_pace_of_speech(void **state)
{
	struct jf_command sound = {.type = JF_COMMAND_SOUND, .sound = {.sound = 3}};
	struct jf_event event;
	uint8_t packet[1500];
	uint64_t begin_ns, gap_max_ns = 0, last_ns;

	(void)state;
	snprintf(sound.sound.path, sizeof(sound.sound.path), "%s/sound.wav", it.dir);
	assert_int_equal(ask(1, sound), -ENOENT);
	write_wav(sound.sound.path, 50 * 160);
	assert_int_equal(ask(1, sound), 0);
	drain_phones();
	assert_int_equal(command((struct jf_command){
	                         .type = JF_COMMAND_PLAY,
	                         .endpoint = {0, 1},
	                         .play = {.play_id = 9, .sound_count = 1, .sounds = {3}}}),
	                 0);
	begin_ns = last_ns = now_ns();
	for (uint32_t i = 0; i < 50; i++) {
		assert_int_equal(phone_receive(0, 1000, packet), 172);
		assert_int_equal(packet[12], packet[171]);
		if (now_ns() - last_ns > gap_max_ns)
			gap_max_ns = now_ns() - last_ns;
		last_ns = now_ns();
	}
	assert_in_range((last_ns - begin_ns) / JF_NS_PER_MS, 900, 1200);
	print_message("longest gap between packets of a sound: %u ms\n",
	              (unsigned)(gap_max_ns / JF_NS_PER_MS));
	assert_true(wait_event(0, JF_EVENT_PLAYED, 1000, &event));
	assert_int_equal(event.value, 9);
	assert_int_equal(phone_receive(0, 100, packet), 0);
}

static void a_supervisor_listens_whispers_barges_in_and_takes_over(void **state)
{
	(void)state;
	for (uint32_t p = 0; p < PHONES; p++)
		open_phone(p, 2, codecs[p]);
	begin_talk();
	drain_phones();
	/* the call, of which one side speaks G.722 and the other doesn't */
	join_phones(0, 1);
	join_phones(1, 0);
	assert_all_hear((const char *const[PHONES]){"1", "0", ""});
	mix_phones(2, "01");
	assert_all_hear((const char *const[PHONES]){"1", "0", "01"});
	mix_phones(1, "02"); /* a whisper, which the caller doesn't hear */
	assert_all_hear((const char *const[PHONES]){"1", "02", "01"});
	mix_phones(0, "12"); /* barging in */
	assert_all_hear((const char *const[PHONES]){"12", "02", "01"});
	mix_phones(1, ""); /* taking over */
	join_phones(0, 2);
	join_phones(2, 0);
	assert_all_hear((const char *const[PHONES]){"2", "", "0"});
	for (uint32_t p = 0; p < PHONES; p++) {
		assert_true(talk.heard[p] >= 4 * TALK_FRAMES - 20);
		assert_int_equal(talk.breaks[p], 0); /* one stream to each of them */
	}
	for (uint32_t p = 0; p < PHONES; p++)
		assert_int_equal(
		        command((struct jf_command){.type = JF_COMMAND_CLOSE, .endpoint = {p, 2}}),
		        0);
	open_call(3);
}

static void both_sides_are_recorded(void **state)
{
	struct jf_command record = {.type = JF_COMMAND_RECORD,
	                            .record = {.recording = {0, 1}, .path = "day/call.wav"}};
	struct jf_recording recording;
	struct jf_event event;
	char path[200];
	struct stat st;

	(void)state;
	join_call(3);
	assert_int_equal(command(record), 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(command((struct jf_command){
		                         .type = JF_COMMAND_TAP,
		                         .endpoint = {i, 3},
		                         .tap = {.recording = {0, 1}, .side = (uint8_t)i}}),
		                 0);
	for (uint16_t i = 0; i < 100; i++) {
		phone_send(0, (uint16_t)(1000 + i), 0x80);
		phone_send(1, (uint16_t)(1000 + i), 0x20);
		sleep_ms(20);
	}
	assert_int_equal(command((struct jf_command){.type = JF_COMMAND_RECORD_END,
	                                             .record_end = {.recording = {0, 1}}}),
	                 0);
	assert_true(wait_event(1, JF_EVENT_RECORDED, 5000, &event));
	jf_contract_read_recording(&it.contract.recordings[0], &recording);
	assert_int_equal(recording.state, JF_RECORDING_CLOSED);
	assert_in_range(recording.samples, 1900 * 8, 2400 * 8);
	snprintf(path, sizeof(path), "%s/recordings/day/call.wav", it.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 2 * recording.samples, 2 * recording.samples + 4096);
}

static void the_heart_beats_and_workers_count(void **state)
{
	uint64_t beat = it.contract.header->dataplane_beat_ns;
	struct jf_worker_counters before = it.contract.workers[0];

	(void)state;
	assert_true(now_ns() - beat < 2 * JF_CONTRACT_HEARTBEAT_NS + 200 * JF_NS_PER_MS);
	sleep_ms(300);
	assert_true(it.contract.header->dataplane_beat_ns > beat);
	assert_true(it.contract.workers[0].polls > before.polls);
	assert_true(before.relayed_rtp >= 400);
	assert_int_equal(before.invariants, 0);
}

static void a_second_dataplane_is_kept_out_of_the_folder(void **state)
{
	char config[100];
	int status;
	pid_t pid;

	(void)state;
	snprintf(config, sizeof(config), "%s/node.yaml", it.dir);
	pid = fork();
	if (pid == 0) {
		execl(it.binary, it.binary, "--config", config, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void after_kill_9_a_new_one_serves_again(void **state)
{
	uint64_t epoch = it.contract.header->epoch;

	(void)state;
	stop_dataplane(SIGKILL);
	sh("rm %s/run/contract", it.dir); /* so that attach waits for the new one */
	start_dataplane();
	assert_true(it.contract.header->epoch > epoch);
	open_call(7);
	join_call(7);
	assert_in_range(until_heard(0), 1, 400);
}

static void it_stops_cleanly(void **state)
{
	char path[100];
	int status;

	(void)state;
	status = stop_dataplane(SIGTERM);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	snprintf(path, sizeof(path), "%s/run/contract", it.dir);
	assert_int_equal(access(path, F_OK), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_one_phone_says_the_other_hears),
	        cmocka_unit_test(a_sound_is_heard_at_the_pace_of_speech),
	        cmocka_unit_test(a_supervisor_listens_whispers_barges_in_and_takes_over),
	        cmocka_unit_test(both_sides_are_recorded),
	        cmocka_unit_test(the_heart_beats_and_workers_count),
	        cmocka_unit_test(a_second_dataplane_is_kept_out_of_the_folder),
	        cmocka_unit_test(after_kill_9_a_new_one_serves_again),
	        cmocka_unit_test(it_stops_cleanly),
	};

	if (argc != 2 || geteuid() != 0) {
		fprintf(stderr, "usage, as root: %s JF-DATAPLANE\n", argv[0]);
		return 77;
	}
	it.binary = argv[1];
	return cmocka_run_group_tests_name("dataplane", tests, begin, end);
}
