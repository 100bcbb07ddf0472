// SPDX-License-Identifier: GPL-2.0-only
#include "console/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash has room");
_Static_assert(TOKEN_SIZE >=
		       sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
	       "a token has room");

/* Each hash takes 64 MiB: guesses that come together take turns. */
static pthread_mutex_t hashing = PTHREAD_MUTEX_INITIALIZER;

void token_make(char out[TOKEN_SIZE])
{
	unsigned char bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, TOKEN_SIZE, bytes, sizeof(bytes),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

void token_hash(struct text token, char out[TOKEN_HASH_SIZE])
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)token.s, token.len, NULL, 0);
	sodium_bin2hex(out, TOKEN_HASH_SIZE, hash, sizeof(hash));
}

bool token_equals(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

int password_hash(struct text password, char out[PASSWORD_HASH_SIZE], struct err *err)
{
	int res;

	if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX)
		return err_set(err, -EINVAL, "a password has %d to %d characters", PASSWORD_MIN,
			       PASSWORD_MAX);
	pthread_mutex_lock(&hashing);
	res = crypto_pwhash_str(out, password.s, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
				crypto_pwhash_MEMLIMIT_INTERACTIVE);
	pthread_mutex_unlock(&hashing);
	return res ? err_set(err, -ENOMEM, "there is no memory to hash a password") : 0;
}

bool password_fits(struct text password, const char *hash)
{
	/* Of a password that nobody has, with the costs of the others. */
	static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$"
				     "AAAAAAAAAAAAAAAAAAAAAA$"
				     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	int res;

	if (password.len > PASSWORD_MAX)
		return false;
	pthread_mutex_lock(&hashing);
	res = crypto_pwhash_str_verify(hash ?: nobody, password.s ?: "", password.len);
	pthread_mutex_unlock(&hashing);
	return hash && !res;
}
