#ifndef AIP_STUB_STDIO_H
#define AIP_STUB_STDIO_H

#include <stdarg.h>
#include <sys/types.h>

typedef struct __sFILE FILE;

extern FILE *__stdinp;
extern FILE *__stdoutp;
extern FILE *__stderrp;
#define stdin __stdinp
#define stdout __stdoutp
#define stderr __stderrp

int rename(const char *from, const char *to);
int remove(const char *path);
int fputs(const char *__restrict text, FILE *__restrict file);
int fflush(FILE *file);
FILE *fopen(const char *__restrict path, const char *__restrict mode);
int fclose(FILE *file);
int fprintf(FILE *__restrict file, const char *__restrict format, ...);
int printf(const char *__restrict format, ...);
int snprintf(char *__restrict text, size_t size, const char *__restrict format, ...);
int vsnprintf(char *__restrict text, size_t size, const char *__restrict format, va_list values);

#endif
