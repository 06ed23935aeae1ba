// Takes the place of ICU's locale data (34 MB, more than the rest of the program), which a statically
// linked Foundation would bring along and nothing of bench reads.
#include <stdint.h>

// The table of contents of a data file without entries, in ICU's format "ToCP".
const struct {
  uint16_t header_size;
  uint8_t magic[2];
  uint16_t info_size, reserved_word;
  uint8_t is_big_endian, charset_family, char_size, reserved_byte;
  uint8_t format[4], format_version[4], data_version[4];
  uint8_t padding[8];
  uint32_t count, reserved;
} icudt76_dat __attribute__((aligned(16))) = {
    32, {0xDA, 0x27}, 20, 0, 0, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0}, {0}, 0, 0,
};
