#pragma once
#include <stddef.h>
#include <stdint.h>

/// How a transfer ended.
enum ccurl_outcome {
  ccurl_done = 0,
  /// The connection failed or stalled, or the server was busy: worth another try.
  ccurl_retry = 1,
  /// The server does not continue from an offset: start over.
  ccurl_restart = 2,
  /// The server refused, or a callback stopped the transfer: trying again does not help.
  ccurl_failed = 3,
};

/// Called once before the first byte with the whole file's size, -1 if unknown; 0 goes on.
typedef int (*ccurl_begin)(void *context, int64_t total);
/// Called with every piece; 0 goes on.
typedef int (*ccurl_receive)(void *context, const void *bytes, size_t count);

/// Downloads an http or https URL from byte `offset` on, following redirects.
///
/// Gives up when nothing arrives for `stall_seconds`. A failure leaves a reason in `message`.
enum ccurl_outcome ccurl_get(const char *url, int64_t offset, long stall_seconds,
                             ccurl_begin begin, ccurl_receive receive, void *context,
                             char *message, size_t message_size);
