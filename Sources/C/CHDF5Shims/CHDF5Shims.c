// libhdf5 follows what a file says into memory it does not own; no check from outside covers all of
// it. So every array is opened and read in a child process, this program started again, which answers
// over a socket: a file that ends the child is an error like any other.
#define _GNU_SOURCE
#include "CHDF5Shims.h"

#include "Array.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { text_size = 4096 };

struct chdf5_array {
  pid_t child;
  int socket;
  uint64_t row_elements;
  pthread_mutex_t lock;
};

struct request {
  uint64_t first, count;
  enum chdf5_type type;
};

// What the child says before any elements follow.
struct answer {
  int status;
  char text[text_size];
  struct chdf5_layout layout;
};

static size_t type_size(enum chdf5_type type) { return type == chdf5_uint8 ? 1 : 8; }

static int send_all(int socket, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count) {
    ssize_t done = send(socket, next, count, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return 0;
    next += done;
    count -= (size_t)done;
  }
  return 1;
}

static int receive_all(int socket, void *bytes, size_t count) {
  char *next = bytes;
  while (count) {
    ssize_t done = recv(socket, next, count, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return 0;
    next += done;
    count -= (size_t)done;
  }
  return 1;
}

static void set_text(char *message, size_t size, const char *words) {
  if (size) snprintf(message, size, "%s", words);
}

// MARK: - The child

static uint64_t row_elements(const struct chdf5_layout *layout) {
  uint64_t count = 1;
  for (int axis = 1; axis < layout->rank; axis++)
    if (__builtin_mul_overflow(count, layout->sizes[axis], &count)) return 0;
  return count;
}

static void serve(int socket, const char *path, const char *name) {
  static struct answer answer;
  struct hdf5_array *array = NULL;
  if (!name) {
    hdf5_names(path, answer.text, sizeof answer.text);
    send_all(socket, &answer, sizeof answer);
    return;
  }
  answer.status = hdf5_open(path, name, &array, &answer.layout, answer.text, sizeof answer.text);
  if (!send_all(socket, &answer, sizeof answer) || answer.status) return;
  struct request request;
  while (receive_all(socket, &request, sizeof request)) {
    size_t bytes = 0;
    void *values = NULL;
    if (!__builtin_mul_overflow(row_elements(&answer.layout), request.count, &bytes) &&
        !__builtin_mul_overflow(bytes, type_size(request.type), &bytes))
      values = malloc(bytes ? bytes : 1);
    answer.status = 1;
    set_text(answer.text, sizeof answer.text, "out of memory");
    if (values)
      answer.status = hdf5_read_rows(array, request.first, request.count, request.type, values,
                                     answer.text, sizeof answer.text);
    int is_sent = send_all(socket, &answer, sizeof answer) &&
                  (answer.status || send_all(socket, values, bytes));
    free(values);
    if (!is_sent) return;
  }
}

// The name under which this very program is started again to read one array.
static const char child_name[] = "bench: HDF5 reader";
enum { child_socket = 3 };

// Runs before main and takes its place in the child.
__attribute__((constructor)) static void run_if_child(int count, char **arguments) {
  if (count < 2 || strcmp(arguments[0], child_name) != 0) return;
  // An interrupted parent decides what becomes of its work; its end closes the socket.
  signal(SIGINT, SIG_IGN);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  serve(child_socket, arguments[1], count > 2 ? arguments[2] : NULL);
  _exit(0);
}

// MARK: - The parent

// Waits for the child and says what became of it.
static void reap(pid_t child, char *message, size_t size) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status))
    snprintf(message, size, "libhdf5 ends with signal %d on it", WTERMSIG(status));
  else
    set_text(message, size, "libhdf5 ends without an answer on it");
}

// A new image of this program, not a fork: the handlers that libraries run at a fork may wait for
// threads that are in the middle of something (OpenBLAS's do, for ever).
static pid_t start_child(const char *path, const char *name, int *socket) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, pair[1], child_socket);
  posix_spawn_file_actions_addclosefrom_np(&files, child_socket + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t set;
  sigfillset(&set);
  posix_spawnattr_setsigdefault(&attributes, &set);
  sigemptyset(&set);
  posix_spawnattr_setsigmask(&attributes, &set);
  char *const arguments[] = {(char *)child_name, (char *)path, (char *)name, NULL};
  pid_t child;
  int error = posix_spawn(&child, "/proc/self/exe", &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(pair[1]);
  if (error) {
    close(pair[0]);
    return -1;
  }
  *socket = pair[0];
  return child;
}

static void stop_child(pid_t child, int socket) {
  char ignored[64];
  // Other children may have copies of the socket; this ends it for all.
  shutdown(socket, SHUT_RDWR);
  close(socket);
  reap(child, ignored, sizeof ignored);
}

int chdf5_open(const char *path, const char *name, struct chdf5_array **result,
               struct chdf5_layout *layout, char *message, size_t message_size) {
  struct chdf5_array *array = calloc(1, sizeof *array);
  struct answer *answer = calloc(1, sizeof *answer);
  pid_t child = array && answer ? start_child(path, name, &array->socket) : -1;
  int status = 1;
  if (child < 0)
    set_text(message, message_size, "no process can be started to read it");
  else if (!receive_all(array->socket, answer, sizeof *answer)) {
    close(array->socket);
    reap(child, message, message_size);
  } else if (answer->status) {
    status = answer->status;
    set_text(message, message_size, answer->text);
    stop_child(child, array->socket);
  } else {
    status = 0;
    array->child = child;
    array->row_elements = row_elements(&answer->layout);
    pthread_mutex_init(&array->lock, NULL);
    *layout = answer->layout;
    *result = array;
  }
  free(answer);
  if (status) free(array);
  return status;
}

static int read_rows(struct chdf5_array *array, struct request request, void *values, char *message,
                     size_t message_size) {
  if (array->child < 0) {
    set_text(message, message_size, "libhdf5 has ended on it before");
    return 1;
  }
  struct answer *answer = malloc(sizeof *answer);
  if (!answer) {
    set_text(message, message_size, "out of memory");
    return 1;
  }
  int status = 1;
  if (!send_all(array->socket, &request, sizeof request) ||
      !receive_all(array->socket, answer, sizeof *answer) ||
      (!answer->status &&
       !receive_all(array->socket, values,
                    array->row_elements * request.count * type_size(request.type)))) {
    close(array->socket);
    reap(array->child, message, message_size);
    array->child = -1;
  } else {
    status = answer->status;
    if (status) set_text(message, message_size, answer->text);
  }
  free(answer);
  return status;
}

int chdf5_read_rows(struct chdf5_array *array, uint64_t first, uint64_t count,
                    enum chdf5_type type, void *values, char *message, size_t message_size) {
  pthread_mutex_lock(&array->lock);
  struct request request = {first, count, type};
  int status = read_rows(array, request, values, message, message_size);
  pthread_mutex_unlock(&array->lock);
  return status;
}

void chdf5_names(const char *path, char *names, size_t names_size) {
  int socket;
  struct answer *answer = calloc(1, sizeof *answer);
  set_text(names, names_size, "");
  pid_t child = answer ? start_child(path, NULL, &socket) : -1;
  if (child >= 0) {
    if (receive_all(socket, answer, sizeof *answer)) set_text(names, names_size, answer->text);
    stop_child(child, socket);
  }
  free(answer);
}

void chdf5_close(struct chdf5_array *array) {
  if (!array) return;
  if (array->child >= 0) stop_child(array->child, array->socket);
  pthread_mutex_destroy(&array->lock);
  free(array);
}
