#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t initialized = PTHREAD_ONCE_INIT;
static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

struct transfer {
  CURL *handle;
  int64_t offset;
  int has_begun, is_stopped;
  ccurl_begin begin;
  ccurl_receive receive;
  void *context;
};

static size_t on_data(char *bytes, size_t size, size_t count, void *client) {
  struct transfer *transfer = client;
  if (!transfer->has_begun) {
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    transfer->has_begun = 1;
    if (transfer->begin(transfer->context, length < 0 ? -1 : length + transfer->offset)) {
      transfer->is_stopped = 1;
      return 0;
    }
  }
  if (transfer->receive(transfer->context, bytes, size * count)) {
    transfer->is_stopped = 1;
    return 0;
  }
  return size * count;
}

static enum ccurl_outcome judge(CURLcode code, long status, const struct transfer *transfer) {
  switch (code) {
  case CURLE_OK: return ccurl_done;
  case CURLE_RANGE_ERROR: return ccurl_restart;
  case CURLE_HTTP_RETURNED_ERROR:
    // 416: there is nothing after the offset, so what lies here is not a beginning of the file.
    if (status == 416 && transfer->offset > 0) return ccurl_restart;
    return status == 408 || status == 429 || status >= 500 ? ccurl_retry : ccurl_failed;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
  case CURLE_PARTIAL_FILE:
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_GOT_NOTHING:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM: return ccurl_retry;
  default: return ccurl_failed;
  }
}

// The certificates of this system, where the library, which may come from another, would look in vain.
static const char *certificates(void) {
  static const char *const variables[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
  static const char *const paths[] = {
      "/etc/ssl/certs/ca-certificates.crt",  // Debian
      "/etc/pki/tls/certs/ca-bundle.crt",    // Red Hat
      "/etc/ssl/ca-bundle.pem",              // SUSE
      "/etc/ssl/cert.pem",                   // Alpine
  };
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *path = getenv(variables[i]);
    if (path && *path) return path;
  }
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (!access(paths[i], R_OK)) return paths[i];
  return NULL;
}

enum ccurl_outcome ccurl_get(const char *url, int64_t offset, long stall_seconds,
                             ccurl_begin begin, ccurl_receive receive, void *context,
                             char *message, size_t message_size) {
  pthread_once(&initialized, initialize);
  char buffer[CURL_ERROR_SIZE] = "";
  struct transfer transfer = {curl_easy_init(), offset, 0, 0, begin, receive, context};
  if (!transfer.handle) {
    snprintf(message, message_size, "libcurl cannot start");
    return ccurl_failed;
  }
  CURL *handle = transfer.handle;
  curl_easy_setopt(handle, CURLOPT_URL, url);
  const char *bundle = certificates();
  if (bundle) curl_easy_setopt(handle, CURLOPT_CAINFO, bundle);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "bench-datasets/1");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 30L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, stall_seconds);
  curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)offset);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  enum ccurl_outcome outcome = transfer.is_stopped ? ccurl_failed : judge(code, status, &transfer);
  snprintf(message, message_size, "%s", buffer[0] ? buffer : curl_easy_strerror(code));
  curl_easy_cleanup(handle);
  return outcome;
}
