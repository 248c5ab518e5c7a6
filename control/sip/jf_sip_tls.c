// SPDX-License-Identifier: BSD-3-Clause
/* The TLS side of the listeners: certificate, key, versions. */
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "jf_log.h"
#include "jf_sip_priv.h"

static int refuse(const char *path)
{
	char text[200];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	jf_log(JF_LOG_SIP, JF_LOG_ERROR, NULL, "cannot use %s for TLS: %s", path, text);
	return -EINVAL;
}

int jf_sip_tls_create(const char *certificate, const char *key, struct tls **ret_tls)
{
	struct tls *tls = NULL;
	SSL_CTX *context;
	int err = tls_alloc(&tls, TLS_METHOD_SSLV23, NULL, NULL);

	if (err)
		return -err;
	context = tls_openssl_context(tls);
	err = -EINVAL;
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		goto out;
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) {
		err = refuse(certificate);
		goto out;
	}
	/* Also that it is the certificate's. */
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1) {
		err = refuse(key);
		goto out;
	}
	*ret_tls = mem_ref(tls);
	err = 0;
out:
	mem_deref(tls);
	return err;
}
