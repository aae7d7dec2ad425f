#ifndef AIP_STUB_STDLIB_H
#define AIP_STUB_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);
int posix_memalign(void **memory, size_t alignment, size_t size);
__attribute__((availability(macos, introduced = 10.15))) void *
aligned_alloc(size_t alignment, size_t size);

int abs(int);
long labs(long);
long strtol(const char *text, char **end, int base);
double strtod(const char *text, char **end);
float strtof(const char *text, char **end);
void qsort(
    void *values, size_t count, size_t size, int (*_Nonnull compare)(const void *, const void *));

char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
char *mkdtemp(char *template_path);
char *realpath(const char *__restrict path, char *__restrict resolved);
_Noreturn void abort(void);
_Noreturn void exit(int status);

#endif
