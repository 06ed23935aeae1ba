#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// AddressSanitizer refuses RTLD_DEEPBIND, which would bypass its interceptors.
#if defined(__SANITIZE_ADDRESS__)
#define ISOLATION 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ISOLATION 0
#endif
#endif
#ifndef ISOLATION
#define ISOLATION RTLD_DEEPBIND
#endif

enum { row_major = 101, no_transpose = 111, transpose_it = 112, upper = 121, lower = 122 };
enum { non_unit = 131, left = 141 };

typedef const int32_t *in;

static struct {
  void (*cblas_sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int,
                      float, float *, int);
  void (*cblas_dgemm)(int, int, int, int, int, int, double, const double *, int, const double *,
                      int, double, double *, int);
  void (*cblas_ssyrk)(int, int, int, int, int, float, const float *, int, float, float *, int);
  void (*cblas_dsyrk)(int, int, int, int, int, double, const double *, int, double, double *, int);
  void (*cblas_dtrmm)(int, int, int, int, int, int, int, double, const double *, int, double *,
                      int);
  void (*dsyevd_)(const char *, const char *, in, double *, in, double *, double *, in, int32_t *,
                  in, int32_t *, size_t, size_t);
  void (*dgesdd_)(const char *, in, in, double *, in, double *, double *, in, double *, in,
                  double *, in, int32_t *, int32_t *, size_t);
  void (*dpotrf_)(const char *, in, double *, in, int32_t *, size_t);
  void (*dpotrs_)(const char *, in, in, const double *, in, double *, in, int32_t *, size_t);
  void (*openblas_set_num_threads)(int);
  char *(*openblas_get_config)(void);
} blas;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[512];

static void load(void) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
  void *library = NULL;
  for (int i = 0; i < 2 && !library; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | ISOLATION);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define RESOLVE(name)                                                          \
  if (!(*(void **)&blas.name = dlsym(library, #name))) {                       \
    snprintf(failure, sizeof failure, "libopenblas has no function " #name);   \
    return;                                                                    \
  }
  RESOLVE(cblas_sgemm)
  RESOLVE(cblas_dgemm)
  RESOLVE(cblas_ssyrk)
  RESOLVE(cblas_dsyrk)
  RESOLVE(cblas_dtrmm)
  RESOLVE(dsyevd_)
  RESOLVE(dgesdd_)
  RESOLVE(dpotrf_)
  RESOLVE(dpotrs_)
  RESOLVE(openblas_set_num_threads)
  RESOLVE(openblas_get_config)
}

const char *openblas_load(void) {
  pthread_once(&once, load);
  return failure[0] ? failure : NULL;
}

const char *openblas_configuration(void) {
  return openblas_load() ? NULL : blas.openblas_get_config();
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int32_t current_threads, active_calls;

void openblas_begin(int32_t thread_count) {
  pthread_mutex_lock(&gate);
  while (current_threads != thread_count && active_calls > 0) pthread_cond_wait(&idle, &gate);
  if (current_threads != thread_count) {
    blas.openblas_set_num_threads(thread_count);
    current_threads = thread_count;
  }
  active_calls++;
  pthread_mutex_unlock(&gate);
}

void openblas_end(void) {
  pthread_mutex_lock(&gate);
  if (--active_calls == 0) pthread_cond_broadcast(&idle);
  pthread_mutex_unlock(&gate);
}

static int operation(bool transpose) { return transpose ? transpose_it : no_transpose; }

void openblas_sgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    float alpha, const float *a, int32_t lda, const float *b, int32_t ldb,
                    float beta, float *c, int32_t ldc) {
  blas.cblas_sgemm(row_major, operation(transpose_a), operation(transpose_b), m, n, k, alpha, a,
                   lda, b, ldb, beta, c, ldc);
}

void openblas_dgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    double alpha, const double *a, int32_t lda, const double *b, int32_t ldb,
                    double beta, double *c, int32_t ldc) {
  blas.cblas_dgemm(row_major, operation(transpose_a), operation(transpose_b), m, n, k, alpha, a,
                   lda, b, ldb, beta, c, ldc);
}

void openblas_ssyrk(bool transpose, int32_t n, int32_t k, float alpha, const float *a, int32_t lda,
                    float beta, float *c, int32_t ldc) {
  blas.cblas_ssyrk(row_major, upper, operation(transpose), n, k, alpha, a, lda, beta, c, ldc);
}

void openblas_dsyrk(bool transpose, int32_t n, int32_t k, double alpha, const double *a,
                    int32_t lda, double beta, double *c, int32_t ldc) {
  blas.cblas_dsyrk(row_major, upper, operation(transpose), n, k, alpha, a, lda, beta, c, ldc);
}

void openblas_dtrmm_lower(bool transpose, int32_t m, int32_t n, const double *a, int32_t lda,
                          double *b, int32_t ldb) {
  blas.cblas_dtrmm(row_major, left, lower, operation(transpose), non_unit, m, n, 1, a, lda, b, ldb);
}

int32_t openblas_dsyevd(bool with_vectors, int32_t n, double *a, double *values, double *work,
                        int32_t work_count, int32_t *integer_work, int32_t integer_work_count) {
  int32_t info = 0;
  blas.dsyevd_(with_vectors ? "V" : "N", "L", &n, a, &n, values, work, &work_count, integer_work,
               &integer_work_count, &info, 1, 1);
  return info;
}

int32_t openblas_dgesdd(char job, int32_t m, int32_t n, double *a, double *values, double *u,
                        int32_t ldu, double *vt, int32_t ldvt, double *work, int32_t work_count,
                        int32_t *integer_work) {
  int32_t info = 0;
  blas.dgesdd_(&job, &m, &n, a, &m, values, u, &ldu, vt, &ldvt, work, &work_count, integer_work,
               &info, 1);
  return info;
}

int32_t openblas_dpotrf(int32_t n, double *a) {
  int32_t info = 0;
  blas.dpotrf_("U", &n, a, &n, &info, 1);
  return info;
}

int32_t openblas_dpotrs(int32_t n, int32_t right_count, const double *a, double *b) {
  int32_t info = 0;
  blas.dpotrs_("U", &n, &right_count, a, &n, b, &n, &info, 1);
  return info;
}
