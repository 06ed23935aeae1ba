#pragma once
// This library is loaded at run time; its one symbol is ct_api_table(), declared in CTorch.h's terms.
#include <CTorch.h>

#ifdef __cplusplus
extern "C"
#endif
const ct_api *ct_api_table(void);
