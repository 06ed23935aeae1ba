#pragma once
// Takes the place of ICU's locale data (34 MB, more than the rest of the program), which a statically
// linked Foundation would bring along and nothing of bench reads. Part of `make dist` only.
