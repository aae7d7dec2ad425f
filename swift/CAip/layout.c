// The header's static assertions are checked by compiling it.
#include "aip.h"
