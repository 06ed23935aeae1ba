// Functions in versions that older systems have too.
//
// The linker takes the newest version of every function, which older systems lack. Of those that the
// program and the Swift runtime need, these three alone are younger than glibc 2.34 and GCC 11: here they
// are bound to their older versions, which compute the same. Hidden, or the loader would take them for
// the very functions that they call.
#define HIDDEN __attribute__((visibility("hidden")))

// glibc 2.35: no longer sets the errno of the error handling of System V.
double older_hypot(double, double);
__asm__(".symver older_hypot, hypot@GLIBC_2.2.5");
HIDDEN double hypot(double x, double y) { return older_hypot(x, y); }

float older_hypotf(float, float);
__asm__(".symver older_hypotf, hypotf@GLIBC_2.2.5");
HIDDEN float hypotf(float x, float y) { return older_hypotf(x, y); }

// GCC 12: std::condition_variable::wait(std::unique_lock<std::mutex>&), declared noexcept since.
void older_wait(void *, void *);
__asm__(".symver older_wait, _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");
HIDDEN void _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(void *self, void *lock) {
  older_wait(self, lock);
}
