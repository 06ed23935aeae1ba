#pragma once

/// Everything asked of the stand-in so far, a line for each call.
const char *nccl_stand_in_calls(void);
