// A wrong command line is one line of text, not a traceback.

// RUN: not arhat-opt %s -p fuse-bais 2>&1 | filecheck %s --check-prefix=UNKNOWN
// UNKNOWN: pass-pipeline:1:1: error: unknown pass 'fuse-bais'; did you mean 'fuse-bias'?
// UNKNOWN-NOT: Traceback

// RUN: not arhat-opt %s -p 'cse,fold-constants{grow=1}' 2>&1 | filecheck %s --check-prefix=OPTION
// OPTION: pass-pipeline:1:5: error: pass 'fold-constants' has no option 'grow'; did you mean 'growth'? (options: growth)

// RUN: not arhat-opt %s -p 'fold-constants{growth=much}' 2>&1 | filecheck %s --check-prefix=TYPE
// TYPE: pass-pipeline:1:1: error: option 'growth' of pass 'fold-constants' takes float, not much

// RUN: not arhat-opt %s -p 'x86-set-arch' 2>&1 | filecheck %s --check-prefix=MISSING
// MISSING: pass-pipeline:1:1: error: pass 'x86-set-arch' needs option 'arch'

// RUN: not arhat-opt %s --pass-pipeline 'builtin.module(cse' 2>&1 | filecheck %s --check-prefix=PAREN
// PAREN: pass-pipeline:1:19: error: ',' or ')' is expected here

// RUN: not arhat-opt %s --pass-pipeline 'func(cse)' 2>&1 | filecheck %s --check-prefix=ANCHOR
// ANCHOR: error: 'func(...)': the name of an op is expected, like func.func(...)

// RUN: not arhat-opt %s -p 'optimize{x=1}' 2>&1 | filecheck %s --check-prefix=NAMED
// NAMED: error: 'optimize' is a named pipeline, which takes no options

// RUN: not arhat-opt %s --print-pipeline optimise 2>&1 | filecheck %s --check-prefix=PRINT
// PRINT: error: unknown pipeline 'optimise'; did you mean 'optimize'?

// RUN: not arhat-opt %s --no-such-option 2>&1 | filecheck %s --check-prefix=ARGUMENT
// ARGUMENT: error: unrecognized arguments: --no-such-option
// ARGUMENT-NEXT: note: arhat-opt --help lists the options
