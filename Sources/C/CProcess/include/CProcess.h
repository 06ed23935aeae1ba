#pragma once
// Settings of the whole process that Swift's Glibc module does not reach.

#ifdef __cplusplus
extern "C" {
#endif

// Settings for a program that trains and reads pictures; before any of its libraries is loaded. They
// are the program's to choose: no library calls this.
void cprocess_tune(void);

// Returns free memory to the system.
void cprocess_release_memory(void);

#ifdef __cplusplus
}
#endif
