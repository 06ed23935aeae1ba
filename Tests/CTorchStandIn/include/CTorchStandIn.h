#pragma once
// A stand-in for a graphics processor: a device of its own whose tensors lie in the processor's memory.
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Registers the device as libtorch's PrivateUse1; once per process, after libtorch is loaded.
void stand_in_start(void);
// How many tensors have been copied from the device, or had a number read, since the start.
int64_t stand_in_reads(void);
// How many tensors have been copied to the device since the start.
int64_t stand_in_uploads(void);
// How often the device's work has waited for what was uploaded beside it.
int64_t stand_in_waits(void);

#ifdef __cplusplus
}
#endif
