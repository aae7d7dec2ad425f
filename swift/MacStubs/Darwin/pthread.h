// Annotated for nullability in Apple's SDK, too.
#ifndef AIP_STUB_PTHREAD_H
#define AIP_STUB_PTHREAD_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct _opaque_pthread_t *pthread_t;
struct _opaque_pthread_t {
  long __sig;
  void *__cleanup_stack;
  char __opaque[8176];
};

typedef struct _opaque_pthread_attr_t {
  long __sig;
  char __opaque[56];
} pthread_attr_t;

typedef struct _opaque_pthread_mutex_t {
  long __sig;
  char __opaque[56];
} pthread_mutex_t;

typedef struct _opaque_pthread_mutexattr_t {
  long __sig;
  char __opaque[8];
} pthread_mutexattr_t;

typedef struct _opaque_pthread_cond_t {
  long __sig;
  char __opaque[40];
} pthread_cond_t;

typedef struct _opaque_pthread_condattr_t {
  long __sig;
  char __opaque[8];
} pthread_condattr_t;

typedef unsigned long pthread_key_t;

int pthread_create(
    pthread_t _Nullable *_Nonnull __restrict thread,
    const pthread_attr_t *_Nullable __restrict attributes,
    void *_Nullable (*_Nonnull start)(void *_Nullable), void *_Nullable __restrict argument);
int pthread_join(pthread_t thread, void *_Nullable *_Nullable value);
int pthread_detach(pthread_t thread);
pthread_t pthread_self(void);

int pthread_attr_init(pthread_attr_t *attributes);
int pthread_attr_destroy(pthread_attr_t *attributes);
int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size_bytes);

int pthread_key_create(pthread_key_t *key, void (*_Nullable destructor)(void *));
int pthread_key_delete(pthread_key_t key);
void *_Nullable pthread_getspecific(pthread_key_t key);
int pthread_setspecific(pthread_key_t key, const void *_Nullable value);

int pthread_mutex_init(
    pthread_mutex_t *__restrict mutex, const pthread_mutexattr_t *_Nullable __restrict attributes);
int pthread_mutex_destroy(pthread_mutex_t *mutex);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_trylock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);

int pthread_cond_init(
    pthread_cond_t *__restrict condition,
    const pthread_condattr_t *_Nullable __restrict attributes);
int pthread_cond_destroy(pthread_cond_t *condition);
int pthread_cond_wait(pthread_cond_t *__restrict condition, pthread_mutex_t *__restrict mutex);
int pthread_cond_signal(pthread_cond_t *condition);
int pthread_cond_broadcast(pthread_cond_t *condition);

// From sys/qos.h and pthread/qos.h.
typedef enum : unsigned int {
  QOS_CLASS_USER_INTERACTIVE = 0x21,
  QOS_CLASS_USER_INITIATED = 0x19,
  QOS_CLASS_DEFAULT = 0x15,
  QOS_CLASS_UTILITY = 0x11,
  QOS_CLASS_BACKGROUND = 0x09,
  QOS_CLASS_UNSPECIFIED = 0x00
} qos_class_t;

__attribute__((availability(macos, introduced = 10.10))) int
pthread_set_qos_class_self_np(qos_class_t quality, int relative_priority);
__attribute__((availability(macos, introduced = 10.10))) qos_class_t qos_class_self(void);

#pragma clang assume_nonnull end

#endif
