// RUN: arhat-opt %s -p fuse-bias,dce --print-ir-after-all 2>&1 >/dev/null | filecheck %s --check-prefix=ALL
// RUN: arhat-opt %s -p fuse-bias,dce --mlir-print-ir-before-all 2>&1 | filecheck %s --check-prefix=BEFORE
// RUN: arhat-opt %s -p fuse-bias,dce,dce --print-ir-after-change 2>&1 >/dev/null | filecheck %s --check-prefix=CHANGE
// RUN: arhat-opt %s -p fuse-bias,dce --print-ir-before dce --print-ir-after=dce 2>&1 | filecheck %s --check-prefix=NAMED
// RUN: arhat-opt %s -p fuse-bias,dce --print-ir-tree-dir %t && cat %t/001-after-fuse-bias.mlir %t/002-after-dce.mlir | filecheck %s --check-prefix=TREE

// ALL: // -----// IR dump after fuse-bias //----- //
// ALL: %unused
// ALL: // -----// IR dump after dce //----- //
// ALL-NOT: %unused

// BEFORE: // -----// IR dump before fuse-bias //----- //
// BEFORE: // -----// IR dump before dce //----- //

// CHANGE-NOT: fuse-bias
// CHANGE: // -----// IR dump after dce //----- //
// CHANGE-NOT: IR dump

// NAMED-NOT: fuse-bias
// NAMED: // -----// IR dump before dce //----- //
// NAMED: // -----// IR dump after dce //----- //

// TREE: %unused
// TREE: builtin.module
// TREE-NOT: %unused
func.func @main() {
  %unused = arith.constant 1 : i32
  // Constants over 64 elements are left out of dumps.
  // ALL: dense<__elided__> : tensor<65xi32>
  %large = arith.constant dense<7> : tensor<65xi32>
  "test.op"(%large) : (tensor<65xi32>) -> ()
  func.return
}
