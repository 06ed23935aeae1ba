#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// The sanitizers refuse RTLD_DEEPBIND, which would bypass their interceptors.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ISOLATION 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ISOLATION 0
#endif
#endif
#ifndef ISOLATION
#define ISOLATION RTLD_DEEPBIND
#endif

typedef const int32_t *in;
typedef const char *option;

// Fortran's names and conventions: both libraries have them.
static struct {
  void (*sgemm_)(option, option, in, in, in, const float *, const float *, in, const float *, in,
                 const float *, float *, in, size_t, size_t);
  void (*dgemm_)(option, option, in, in, in, const double *, const double *, in, const double *, in,
                 const double *, double *, in, size_t, size_t);
  void (*dsyevd_)(option, option, in, double *, in, double *, double *, in, int32_t *, in,
                  int32_t *, size_t, size_t);
  void (*dgesdd_)(option, in, in, double *, in, double *, double *, in, double *, in, double *, in,
                  int32_t *, int32_t *, size_t);
  void (*dpotrf_)(option, in, double *, in, int32_t *, size_t);
  void (*dpotrs_)(option, in, in, const double *, in, double *, in, int32_t *, size_t);
  // Not exported by libtorch: general products take their place.
  void (*ssyrk_)(option, option, in, in, const float *, const float *, in, const float *, float *,
                 in, size_t, size_t);
  void (*dsyrk_)(option, option, in, in, const double *, const double *, in, const double *,
                 double *, in, size_t, size_t);
  void (*dtrmm_)(option, option, option, option, in, in, const double *, const double *, in,
                 double *, in, size_t, size_t, size_t, size_t);
  // OpenBLAS keeps one number of threads for all callers, MKL one per calling thread.
  void (*openblas_set_num_threads)(int);
  int (*MKL_Set_Num_Threads_Local)(int);
  char *(*openblas_get_config)(void);
} blas;

static char failure[512];

#define RESOLVE(name)                                                         \
  if (!(*(void **)&blas.name = dlsym(library, #name))) {                      \
    snprintf(failure, sizeof failure, "the library has no function " #name);  \
    return failure;                                                           \
  }

static const char *resolve_common(void *library) {
  RESOLVE(sgemm_)
  RESOLVE(dgemm_)
  RESOLVE(dsyevd_)
  RESOLVE(dgesdd_)
  RESOLVE(dpotrf_)
  RESOLVE(dpotrs_)
  return NULL;
}

const char *openblas_load(void) {
  static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
  void *library = NULL;
  for (int i = 0; i < 2 && !library; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | ISOLATION);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return failure;
  }
  const char *error = resolve_common(library);
  if (error) return error;
  RESOLVE(ssyrk_)
  RESOLVE(dsyrk_)
  RESOLVE(dtrmm_)
  RESOLVE(openblas_set_num_threads)
  RESOLVE(openblas_get_config)
  return NULL;
}

const char *openblas_load_libtorch(void *library) {
  const char *error = resolve_common(library);
  if (error) return error;
  RESOLVE(MKL_Set_Num_Threads_Local)
  return NULL;
}

const char *openblas_configuration(void) {
  return blas.openblas_get_config ? blas.openblas_get_config() : "MKL of libtorch";
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int32_t current_threads, active_calls;

void openblas_begin(int32_t thread_count) {
  if (blas.MKL_Set_Num_Threads_Local) {
    blas.MKL_Set_Num_Threads_Local(thread_count);
    return;
  }
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
  if (blas.MKL_Set_Num_Threads_Local) return;
  pthread_mutex_lock(&gate);
  if (--active_calls == 0) pthread_cond_broadcast(&idle);
  pthread_mutex_unlock(&gate);
}

// Row-major memory is the transposed matrix in Fortran's eyes: the operands change places, lower and
// upper too.

static option operation(bool transpose) { return transpose ? "T" : "N"; }

void openblas_sgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    float alpha, const float *a, int32_t lda, const float *b, int32_t ldb,
                    float beta, float *c, int32_t ldc) {
  blas.sgemm_(operation(transpose_b), operation(transpose_a), &n, &m, &k, &alpha, b, &ldb, a, &lda,
              &beta, c, &ldc, 1, 1);
}

void openblas_dgemm(bool transpose_a, bool transpose_b, int32_t m, int32_t n, int32_t k,
                    double alpha, const double *a, int32_t lda, const double *b, int32_t ldb,
                    double beta, double *c, int32_t ldc) {
  blas.dgemm_(operation(transpose_b), operation(transpose_a), &n, &m, &k, &alpha, b, &ldb, a, &lda,
              &beta, c, &ldc, 1, 1);
}

void openblas_ssyrk(bool transpose, int32_t n, int32_t k, float alpha, const float *a, int32_t lda,
                    float beta, float *c, int32_t ldc) {
  if (blas.ssyrk_)
    blas.ssyrk_("L", operation(!transpose), &n, &k, &alpha, a, &lda, &beta, c, &ldc, 1, 1);
  else
    openblas_sgemm(transpose, !transpose, n, n, k, alpha, a, lda, a, lda, beta, c, ldc);
}

void openblas_dsyrk(bool transpose, int32_t n, int32_t k, double alpha, const double *a,
                    int32_t lda, double beta, double *c, int32_t ldc) {
  if (blas.dsyrk_)
    blas.dsyrk_("L", operation(!transpose), &n, &k, &alpha, a, &lda, &beta, c, &ldc, 1, 1);
  else
    openblas_dgemm(transpose, !transpose, n, n, k, alpha, a, lda, a, lda, beta, c, ldc);
}

void openblas_dtrmm_lower(bool transpose, int32_t m, int32_t n, const double *a, int32_t lda,
                          const double *b, double *c, int32_t ldb) {
  const double one = 1;
  if (blas.dtrmm_)
    blas.dtrmm_("R", "U", operation(transpose), "N", &n, &m, &one, a, &lda, c, &ldb, 1, 1, 1, 1);
  else
    openblas_dgemm(transpose, false, m, n, m, 1, a, lda, b, ldb, 0, c, ldb);
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
