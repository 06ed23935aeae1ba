#pragma once
#include <stddef.h>
#include <stdint.h>

/// Interleaved 8-bit pixels, row after row; freed with cpng_free.
struct cpng_image {
  uint32_t width, height;
  /// 1 grey, 3 RGB, 4 RGBA.
  uint32_t channels;
  uint8_t *pixels;
};

/// Decodes a PNG file that lies in memory.
///
/// `channels` asks for 1, 3 or 4 channels; 0 gives 1 or 3, whichever the file has. Alpha is dropped,
/// not composited, unless 4 are asked for. No gamma correction. 16-bit colour keeps its high byte,
/// 16-bit grey is clipped at 255, as Pillow's convert("RGB") does.
/// Returns 0, or 1 with a message of at most `message_size` bytes.
int cpng_decode(const uint8_t *data, size_t count, uint32_t channels, size_t byte_limit,
                struct cpng_image *image, char *message, size_t message_size);

/// Encodes pixels of 1, 3 or 4 channels; the result is freed with cpng_free.
int cpng_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                uint8_t **data, size_t *count, char *message, size_t message_size);

void cpng_free(void *memory);
