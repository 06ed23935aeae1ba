#include "CWebP.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>

static const char *text(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return "it ends too early";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses what libwebp does not know";
    default: return "its data is corrupt";
  }
}

int cwebp_decode(const uint8_t *data, size_t count, size_t byte_limit, struct cwebp_image *image,
                 char *message, size_t message_size) {
  memset(image, 0, sizeof *image);
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    snprintf(message, message_size, "libwebp is of another version than its header");
    return 1;
  }
  VP8StatusCode status = WebPGetFeatures(data, count, &config.input);
  if (status != VP8_STATUS_OK) {
    snprintf(message, message_size, "%s", text(status));
    return 1;
  }
  if (config.input.has_animation) {
    snprintf(message, message_size, "it is animated");
    return 2;
  }
  size_t stride = (size_t)config.input.width * 3, bytes = stride * (size_t)config.input.height;
  if (bytes > byte_limit || stride > INT32_MAX) {
    snprintf(message, message_size, "it is larger than the limit for one picture");
    return 1;
  }
  uint8_t *pixels = malloc(bytes ? bytes : 1);
  if (!pixels) {
    snprintf(message, message_size, "out of memory");
    return 1;
  }
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = bytes;
  status = WebPDecode(data, count, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) {
    free(pixels);
    snprintf(message, message_size, "%s", text(status));
    return 1;
  }
  image->width = (uint32_t)config.input.width;
  image->height = (uint32_t)config.input.height;
  image->pixels = pixels;
  return 0;
}

void cwebp_free(void *memory) { free(memory); }
