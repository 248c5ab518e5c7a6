// SPDX-License-Identifier: BSD-3-Clause
/*
 * TLS of connections: certificates, versions, who is verified; and the files read anew when they
 * change. A connection keeps the certificate that it began with.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "jf_log.h"
#include "jf_sip_priv.h"

/* A file is read when it has been the same for this long: whoever writes two of them, or one
 * slowly, is left the time. */
#define WATCH_MS 5000u

struct stamp {
	struct timespec changed;
	ino_t inode;
	off_t size;
};

struct jf_sip_tls {
	char certificate[256], key[256], ca[256];
	enum jf_sip_tls_client client;
	struct tls *accepting;
	struct tls *connecting;
	struct tmr watch;
	struct stamp tried[3]; /* the files when they were last read */
	struct stamp seen[3];
	struct jf_sip_tls_status status;
};

/* The handshake that has just ended: the library does not hand out its SSL objects, and between
 * OpenSSL's callback and the connection's handler nothing else runs. */
static struct jf_sip_tls_peer last_peer;
static char last_error[JF_SIP_TLS_TEXT_MAX];

struct jf_sip_tls_peer jf_sip_tls_last_peer(void)
{
	return last_peer;
}

const char *jf_sip_tls_last_error(void)
{
	return last_error[0] ? last_error : "the handshake failed";
}

static void subject_read(X509 *certificate, char *ret_text, size_t size)
{
	char raw[128] = "";
	struct pl text;

	(void)X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, raw,
	                                sizeof(raw));
	pl_set_str(&text, raw);
	jf_sip_text_copy(&text, ret_text, size);
}

static void on_info(const SSL *ssl, int where, int result)
{
	X509 *certificate;

	(void)result;
	if (where & SSL_CB_HANDSHAKE_START) {
		last_error[0] = '\0';
		return;
	}
	if (!(where & SSL_CB_HANDSHAKE_DONE))
		return;
	last_peer = (struct jf_sip_tls_peer){.version = (uint16_t)SSL_version(ssl)};
	certificate = SSL_get0_peer_certificate(ssl);
	if (certificate && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
	    SSL_get_verify_result(ssl) == X509_V_OK)
		subject_read(certificate, last_peer.subject, sizeof(last_peer.subject));
}

/* What OpenSSL says stands, only why is kept. */
static int on_verify(int good, X509_STORE_CTX *store)
{
	if (!good)
		snprintf(last_error, sizeof(last_error), "%s",
		         X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	return good;
}

/* --- contexts --- */

static int refuse(struct jf_sip_tls *tls, const char *path)
{
	char text[160];

	ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
	ERR_clear_error();
	(void)re_snprintf(tls->status.error, sizeof(tls->status.error), "cannot use %s: %s", path,
	                  text);
	return -EINVAL;
}

static int load_files(struct jf_sip_tls *tls, SSL_CTX *context)
{
	if (SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1)
		return refuse(tls, tls->certificate);
	/* Also that it is the certificate's. */
	if (SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return refuse(tls, tls->key);
	if (tls->ca[0] && SSL_CTX_load_verify_locations(context, tls->ca, NULL) != 1)
		return refuse(tls, tls->ca);
	return 0;
}

static int verify_mode(const struct jf_sip_tls *tls, bool accepting)
{
	if (!tls->ca[0] || (accepting && tls->client == JF_SIP_TLS_CLIENT_OFF))
		return SSL_VERIFY_NONE;
	return SSL_VERIFY_PEER | (accepting && tls->client == JF_SIP_TLS_CLIENT_REQUIRE
	                                  ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT
	                                  : 0);
}

static int make_context(struct jf_sip_tls *tls, bool accepting, struct tls **ret_context)
{
	static const unsigned char session_id[] = "jackfield";
	struct tls *made = NULL;
	SSL_CTX *context;
	int err = tls_alloc(&made, TLS_METHOD_SSLV23, NULL, NULL);

	if (err)
		return -err;
	context = tls_openssl_context(made);
	err = load_files(tls, context);
	if (err)
		goto out;
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_info_callback(context, on_info);
	SSL_CTX_set_verify(context, verify_mode(tls, accepting), on_verify);
	if (accepting) {
		SSL_CTX_set_session_id_context(context, session_id, sizeof(session_id) - 1);
		if (tls->ca[0])
			SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(tls->ca));
	}
	*ret_context = mem_ref(made);
out:
	mem_deref(made);
	return err;
}

static int64_t utc_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static void describe(struct jf_sip_tls *tls)
{
	X509 *certificate = SSL_CTX_get0_certificate(tls_openssl_context(tls->accepting));
	int days = 0, seconds = 0;

	tls->status.on = true;
	tls->status.failed = false;
	tls->status.error[0] = '\0';
	tls->status.loaded_utc_s = utc_s();
	subject_read(certificate, tls->status.subject, sizeof(tls->status.subject));
	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) == 1)
		tls->status.expires_utc_s =
		        tls->status.loaded_utc_s + (int64_t)days * 86400 + seconds;
}

static int load(struct jf_sip_tls *tls)
{
	struct tls *accepting = NULL, *connecting = NULL;
	int err = make_context(tls, true, &accepting);

	if (!err)
		err = make_context(tls, false, &connecting);
	if (err) {
		mem_deref(accepting);
		tls->status.failed = true;
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, NULL, "TLS: %s", tls->status.error);
		return err;
	}
	mem_deref(tls->accepting);
	mem_deref(tls->connecting);
	tls->accepting = accepting;
	tls->connecting = connecting;
	describe(tls);
	return 0;
}

/* --- files that change --- */

static void stamps_read(const struct jf_sip_tls *tls, struct stamp ret_stamps[3])
{
	const char *const paths[] = {tls->certificate, tls->key, tls->ca};
	struct stat file;

	memset(ret_stamps, 0, 3 * sizeof(*ret_stamps));
	for (unsigned i = 0; i < 3; i++) {
		if (!paths[i][0] || stat(paths[i], &file))
			continue;
		ret_stamps[i].changed = file.st_mtim;
		ret_stamps[i].inode = file.st_ino;
		ret_stamps[i].size = file.st_size;
	}
}

static int reload(struct jf_sip_tls *tls)
{
	int err;

	stamps_read(tls, tls->tried);
	err = load(tls);
	if (!err)
		jf_log(JF_LOG_SIP, JF_LOG_NOTICE, NULL, "TLS: certificate of %s read again",
		       tls->status.subject);
	return err;
}

static void on_watch(void *arg)
{
	struct jf_sip_tls *tls = arg;
	struct stamp now[3];

	stamps_read(tls, now);
	if (memcmp(now, tls->tried, sizeof(now)) != 0 && memcmp(now, tls->seen, sizeof(now)) == 0)
		(void)reload(tls);
	memcpy(tls->seen, now, sizeof(now));
	tmr_start(&tls->watch, WATCH_MS, on_watch, tls);
}

/* --- life --- */

static void tls_destructor(void *arg)
{
	struct jf_sip_tls *tls = arg;

	tmr_cancel(&tls->watch);
	mem_deref(tls->accepting);
	mem_deref(tls->connecting);
}

int jf_sip_tls_create(const struct jf_sip_config *config, struct jf_sip_tls **ret_tls)
{
	struct jf_sip_tls *tls = mem_zalloc(sizeof(*tls), tls_destructor);
	int err;

	if (!tls)
		return -ENOMEM;
	(void)str_ncpy(tls->certificate, config->tls_certificate, sizeof(tls->certificate));
	(void)str_ncpy(tls->key, config->tls_key, sizeof(tls->key));
	(void)str_ncpy(tls->ca, config->tls_ca ? config->tls_ca : "", sizeof(tls->ca));
	tls->client = config->tls_client;
	stamps_read(tls, tls->tried);
	memcpy(tls->seen, tls->tried, sizeof(tls->seen));
	err = load(tls);
	if (err) {
		mem_deref(tls);
		return err;
	}
	tmr_start(&tls->watch, WATCH_MS, on_watch, tls);
	*ret_tls = tls;
	return 0;
}

void jf_sip_tls_destroy(struct jf_sip_tls *tls)
{
	mem_deref(tls);
}

int jf_sip_tls_start(struct jf_sip_tls *tls, struct tcp_conn *tcp, bool outgoing, const char *name,
                     struct tls_conn **ret_tls)
{
	struct tls_conn *made = NULL;
	int err;

	if (!tls)
		return EPROTONOSUPPORT;
	err = tls_start_tcp(&made, outgoing ? tls->connecting : tls->accepting, tcp, 0);
	if (err)
		return err;
	if (outgoing && name)
		err = tls_set_servername(made, name);
	if (outgoing && name && !err && tls->ca[0])
		err = tls_peer_set_verify_host(made, name);
	if (err)
		mem_deref(made);
	else
		*ret_tls = made;
	return err;
}

void jf_sip_tls_status_get(const struct jf_sip *sip, struct jf_sip_tls_status *ret_status)
{
	*ret_status = sip->transports->tls ? sip->transports->tls->status
	                                   : (struct jf_sip_tls_status){.on = false};
}

int jf_sip_tls_reload(struct jf_sip *sip)
{
	return sip->transports->tls ? reload(sip->transports->tls) : -ENOTSUP;
}
