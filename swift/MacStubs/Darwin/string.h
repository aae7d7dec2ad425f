#ifndef AIP_STUB_STRING_H
#define AIP_STUB_STRING_H

#include <stddef.h>

void *memchr(const void *memory, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
void *memcpy(void *__restrict to, const void *__restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *memory, int byte, size_t size);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t size);
size_t strlen(const char *text);
char *strchr(const char *text, int character);
char *strdup(const char *text);
char *strerror(int code);

#endif
