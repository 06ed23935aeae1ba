#pragma once
#include <stddef.h>
#include <stdint.h>

/// Interleaved RGB, row after row; freed with cwebp_free.
struct cwebp_image {
  uint32_t width, height;
  uint8_t *pixels;
};

/// Decodes a WebP file of one picture that lies in memory, lossy or lossless, to RGB.
///
/// Alpha is dropped, not composited. libwebp's defaults, as in Pillow.
/// Returns 0, 1 for a damaged file or 2 for one that is not read, with a message of at most
/// `message_size` bytes.
int cwebp_decode(const uint8_t *data, size_t count, size_t byte_limit, struct cwebp_image *image,
                 char *message, size_t message_size);

void cwebp_free(void *memory);
