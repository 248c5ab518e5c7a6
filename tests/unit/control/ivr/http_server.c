// SPDX-License-Identifier: BSD-3-Clause
#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "jf_http.h"

#define CONNECTIONS 1200
#define REQUEST     8192
#define DRIP_MS     20

struct connection {
	int fd;
	bool drips, hangs;
	size_t length;
	char request[REQUEST];
};

static struct {
	pthread_t thread;
	int listener;
	SSL_CTX *tls;
	atomic_bool stopping;
	struct connection *list[CONNECTIONS];
	uint32_t count;
	_Atomic uint32_t most;
	pthread_mutex_t lock;
	char asked[4096]; /* "/path\n" each; under the lock, as far as it has room */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Answers ---------------------------------------------------------------------------------
 */

static void send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			(void)poll(&p, 1, 100);
			continue;
		}
		if (n <= 0)
			return;
		bytes += n;
		length -= (size_t)n;
	}
}

static void answer(int fd, const char *status, const char *headers, const char *body, size_t length)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n",
	                 status, headers, length);

	send_all(fd, head, (size_t)n);
	send_all(fd, body, length);
}

static void answer_large(int fd, size_t length)
{
	char *body = malloc(length);

	memset(body, 'x', length);
	answer(fd, "200 OK", "", body, length);
	free(body);
}

static void asked_note(const char *path)
{
	size_t length;

	pthread_mutex_lock(&server.lock);
	length = strlen(server.asked);
	snprintf(server.asked + length, sizeof(server.asked) - length, "%s\n", path);
	pthread_mutex_unlock(&server.lock);
}

/* Whether the connection is to stay. */
static bool serve(struct connection *c)
{
	char path[64] = "";

	(void)sscanf(c->request, "%*s %63s", path);
	asked_note(path);
	if (!strcmp(path, "/ok"))
		answer(c->fd, "200 OK", "", "{\"tier\": \"gold\"}", 16);
	else if (!strcmp(path, "/echo"))
		answer(c->fd, "200 OK", "", c->request, c->length);
	else if (!strcmp(path, "/none"))
		answer(c->fd, "404 Not Found", "", "{\"no\": \"such\"}", 14);
	else if (!strcmp(path, "/moved"))
		answer(c->fd, "302 Found", "Location: /ok\r\n", "", 0);
	else if (!strcmp(path, "/large"))
		answer_large(c->fd, JF_HTTP_ANSWER_MAX + 1);
	else if (!strcmp(path, "/full"))
		answer_large(c->fd, JF_HTTP_ANSWER_MAX);
	else if (!strcmp(path, "/cut"))
		send_all(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ti", 44);
	else if (!strcmp(path, "/drip"))
		send_all(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", 41);
	c->drips = !strcmp(path, "/drip");
	c->hangs = c->drips || !strcmp(path, "/hang");
	return c->hangs;
}

/* ---- Connections -----------------------------------------------------------------------------
 */

/* Whether all of it is there: to the end of the headers, and of the body that they tell of. */
static bool is_whole(const struct connection *c)
{
	const char *end = strstr(c->request, "\r\n\r\n");
	const char *length = strcasestr(c->request, "\r\nContent-Length:");
	size_t body = length && end && length < end ? strtoul(length + 17, NULL, 10) : 0;

	return end && (size_t)(end + 4 - c->request) + body <= c->length;
}

/* Whether the connection is to stay. */
static bool hear(struct connection *c)
{
	ssize_t n = recv(c->fd, c->request + c->length, REQUEST - 1 - c->length, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	c->length += (size_t)n;
	c->request[c->length] = '\0';
	return c->hangs || !is_whole(c) || serve(c);
}

static void drop(uint32_t i)
{
	close(server.list[i]->fd);
	free(server.list[i]);
	server.list[i] = server.list[--server.count];
}

/* With TLS only the beginning matters: who trusts the certificate would be told "ok". */
static void tls_serve(int fd)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	SSL *ssl = SSL_new(server.tls);
	char request[REQUEST];

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
		asked_note("tls");
		(void)SSL_write(ssl, ok, sizeof(ok) - 1);
	}
	SSL_free(ssl);
	close(fd);
}

static void take(void)
{
	int fd = accept(server.listener, NULL, NULL);

	if (fd < 0)
		return;
	if (server.tls) {
		tls_serve(fd);
		return;
	}
	if (server.count == CONNECTIONS) {
		close(fd);
		return;
	}
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	server.list[server.count] = calloc(1, sizeof(struct connection));
	server.list[server.count++]->fd = fd;
	if (server.count > server.most)
		server.most = server.count;
}

static void *work(void *arg)
{
	static struct pollfd polled[CONNECTIONS + 1];

	(void)arg;
	while (!server.stopping) {
		uint32_t n = server.count;

		polled[n] = (struct pollfd){.fd = server.listener, .events = POLLIN};
		for (uint32_t i = 0; i < n; i++)
			polled[i] = (struct pollfd){.fd = server.list[i]->fd, .events = POLLIN};
		(void)poll(polled, n + 1, DRIP_MS);
		for (uint32_t i = n; i-- > 0;) { /* what is dropped is filled from behind */
			if (server.list[i]->drips)
				send_all(server.list[i]->fd, "x", 1);
			if (polled[i].revents && !hear(server.list[i]))
				drop(i);
		}
		if (polled[n].revents)
			take();
	}
	return NULL;
}

/* ---- Life ------------------------------------------------------------------------------------
 */

static SSL_CTX *tls_make(void)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1,
	                           -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_sign(certificate, key, EVP_sha256());
	SSL_CTX_use_certificate(tls, certificate);
	SSL_CTX_use_PrivateKey(tls, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return tls;
}

static int listener_make(uint16_t *ret_port)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, length) ||
	    getsockname(fd, (struct sockaddr *)&here, &length))
		abort();
	*ret_port = ntohs(here.sin_port);
	return fd;
}

uint16_t http_server_start(bool tls)
{
	uint16_t port;

	server.listener = listener_make(&port);
	server.tls = tls ? tls_make() : NULL;
	server.stopping = false;
	server.most = 0;
	server.asked[0] = '\0';
	if (listen(server.listener, CONNECTIONS) ||
	    pthread_create(&server.thread, NULL, work, NULL))
		abort();
	return port;
}

void http_server_stop(void)
{
	server.stopping = true;
	pthread_join(server.thread, NULL);
	while (server.count)
		drop(0);
	close(server.listener);
	SSL_CTX_free(server.tls);
}

uint32_t http_server_asked(const char *path)
{
	size_t length = strlen(path);
	uint32_t n = 0;

	pthread_mutex_lock(&server.lock);
	for (const char *at = server.asked; (at = strstr(at, path)); at += length)
		n += at[length] == '\n';
	pthread_mutex_unlock(&server.lock);
	return n;
}

uint32_t http_server_most(void)
{
	return server.most;
}

uint16_t http_server_nobody(void)
{
	uint16_t port;

	close(listener_make(&port));
	return port;
}
