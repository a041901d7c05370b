// whole_array, for mlir-aie 979629649 (2026-04-23), MLIR 22
module {
  aie.device(npu1) {
    %tile_0_0 = aie.tile(0, 0)
    %tile_0_1 = aie.tile(0, 1)
    %tile_0_2 = aie.tile(0, 2)
    %tile_0_3 = aie.tile(0, 3)
    %tile_0_4 = aie.tile(0, 4)
    %tile_0_5 = aie.tile(0, 5)
    %tile_1_0 = aie.tile(1, 0)
    %tile_1_1 = aie.tile(1, 1)
    %tile_1_2 = aie.tile(1, 2)
    %tile_1_3 = aie.tile(1, 3)
    %tile_1_4 = aie.tile(1, 4)
    %tile_1_5 = aie.tile(1, 5)
    %tile_2_0 = aie.tile(2, 0)
    %tile_2_1 = aie.tile(2, 1)
    %tile_2_2 = aie.tile(2, 2)
    %tile_2_3 = aie.tile(2, 3)
    %tile_2_4 = aie.tile(2, 4)
    %tile_2_5 = aie.tile(2, 5)
    %tile_3_0 = aie.tile(3, 0)
    %tile_3_1 = aie.tile(3, 1)
    %tile_3_2 = aie.tile(3, 2)
    %tile_3_3 = aie.tile(3, 3)
    %tile_3_4 = aie.tile(3, 4)
    %tile_3_5 = aie.tile(3, 5)
    aie.objectfifo @a_in_0(%tile_0_0, {%tile_0_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_row_0(%tile_0_1 dimensionsToStream [<size = 16, stride = 256>, <size = 8, stride = 8>, <size = 4, stride = 64>, <size = 8, stride = 1>], {%tile_0_2, %tile_1_2, %tile_2_2, %tile_3_2}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_in_0(%tile_0_0, {%tile_0_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_column_0(%tile_0_1 dimensionsToStream [<size = 8, stride = 512>, <size = 8, stride = 8>, <size = 8, stride = 64>, <size = 8, stride = 1>], {%tile_0_2, %tile_0_3, %tile_0_4, %tile_0_5}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_in_1(%tile_1_0, {%tile_1_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_row_1(%tile_1_1 dimensionsToStream [<size = 16, stride = 256>, <size = 8, stride = 8>, <size = 4, stride = 64>, <size = 8, stride = 1>], {%tile_0_3, %tile_1_3, %tile_2_3, %tile_3_3}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_in_1(%tile_1_0, {%tile_1_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_column_1(%tile_1_1 dimensionsToStream [<size = 8, stride = 512>, <size = 8, stride = 8>, <size = 8, stride = 64>, <size = 8, stride = 1>], {%tile_1_2, %tile_1_3, %tile_1_4, %tile_1_5}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_in_2(%tile_2_0, {%tile_2_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_row_2(%tile_2_1 dimensionsToStream [<size = 16, stride = 256>, <size = 8, stride = 8>, <size = 4, stride = 64>, <size = 8, stride = 1>], {%tile_0_4, %tile_1_4, %tile_2_4, %tile_3_4}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_in_2(%tile_2_0, {%tile_2_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_column_2(%tile_2_1 dimensionsToStream [<size = 8, stride = 512>, <size = 8, stride = 8>, <size = 8, stride = 64>, <size = 8, stride = 1>], {%tile_2_2, %tile_2_3, %tile_2_4, %tile_2_5}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_in_3(%tile_3_0, {%tile_3_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @a_row_3(%tile_3_1 dimensionsToStream [<size = 16, stride = 256>, <size = 8, stride = 8>, <size = 4, stride = 64>, <size = 8, stride = 1>], {%tile_0_5, %tile_1_5, %tile_2_5, %tile_3_5}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_in_3(%tile_3_0, {%tile_3_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @b_column_3(%tile_3_1 dimensionsToStream [<size = 8, stride = 512>, <size = 8, stride = 8>, <size = 8, stride = 64>, <size = 8, stride = 1>], {%tile_3_2, %tile_3_3, %tile_3_4, %tile_3_5}, [2 : i32, 2 : i32, 2 : i32, 2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi8>>
    aie.objectfifo @c_0_0(%tile_0_2, {%tile_0_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_0_1(%tile_0_3, {%tile_0_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_0_2(%tile_0_4, {%tile_0_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_0_3(%tile_0_5, {%tile_0_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_out_0(%tile_0_1 dimensionsToStream [<size = 16, stride = 256>, <size = 4, stride = 8>, <size = 8, stride = 32>, <size = 8, stride = 1>], {%tile_0_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<16384xi32>>
    aie.objectfifo @c_1_0(%tile_1_2, {%tile_1_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_1_1(%tile_1_3, {%tile_1_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_1_2(%tile_1_4, {%tile_1_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_1_3(%tile_1_5, {%tile_1_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_out_1(%tile_1_1 dimensionsToStream [<size = 16, stride = 256>, <size = 4, stride = 8>, <size = 8, stride = 32>, <size = 8, stride = 1>], {%tile_1_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<16384xi32>>
    aie.objectfifo @c_2_0(%tile_2_2, {%tile_2_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_2_1(%tile_2_3, {%tile_2_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_2_2(%tile_2_4, {%tile_2_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_2_3(%tile_2_5, {%tile_2_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_out_2(%tile_2_1 dimensionsToStream [<size = 16, stride = 256>, <size = 4, stride = 8>, <size = 8, stride = 32>, <size = 8, stride = 1>], {%tile_2_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<16384xi32>>
    aie.objectfifo @c_3_0(%tile_3_2, {%tile_3_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_3_1(%tile_3_3, {%tile_3_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_3_2(%tile_3_4, {%tile_3_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_3_3(%tile_3_5, {%tile_3_1}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xi32>>
    aie.objectfifo @c_out_3(%tile_3_1 dimensionsToStream [<size = 16, stride = 256>, <size = 4, stride = 8>, <size = 8, stride = 32>, <size = 8, stride = 1>], {%tile_3_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<16384xi32>>
    aie.objectfifo.link [@a_in_0] -> [@a_row_0] ([] [])
    aie.objectfifo.link [@b_in_0] -> [@b_column_0] ([] [])
    aie.objectfifo.link [@a_in_1] -> [@a_row_1] ([] [])
    aie.objectfifo.link [@b_in_1] -> [@b_column_1] ([] [])
    aie.objectfifo.link [@a_in_2] -> [@a_row_2] ([] [])
    aie.objectfifo.link [@b_in_2] -> [@b_column_2] ([] [])
    aie.objectfifo.link [@a_in_3] -> [@a_row_3] ([] [])
    aie.objectfifo.link [@b_in_3] -> [@b_column_3] ([] [])
    aie.objectfifo.link [@c_0_0, @c_0_1, @c_0_2, @c_0_3] -> [@c_out_0] ([0, 4096, 8192, 12288] [])
    aie.objectfifo.link [@c_1_0, @c_1_1, @c_1_2, @c_1_3] -> [@c_out_1] ([0, 4096, 8192, 12288] [])
    aie.objectfifo.link [@c_2_0, @c_2_1, @c_2_2, @c_2_3] -> [@c_out_2] ([0, 4096, 8192, 12288] [])
    aie.objectfifo.link [@c_3_0, @c_3_1, @c_3_2, @c_3_3] -> [@c_out_3] ([0, 4096, 8192, 12288] [])
    func.func private @zero(memref<4096xi32>) attributes {link_with = "zero_code.o"}
    func.func private @matmul(memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) attributes {link_with = "matmul_code.o"}
    %core_0_2 = aie.core(%tile_0_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_0_0(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_0(Consume, 1)
          aie.objectfifo.release @b_column_0(Consume, 1)
        }
        aie.objectfifo.release @c_0_0(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_0_3 = aie.core(%tile_0_3) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_0_1(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_1(Consume, 1)
          aie.objectfifo.release @b_column_0(Consume, 1)
        }
        aie.objectfifo.release @c_0_1(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_0_4 = aie.core(%tile_0_4) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_0_2(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_2(Consume, 1)
          aie.objectfifo.release @b_column_0(Consume, 1)
        }
        aie.objectfifo.release @c_0_2(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_0_5 = aie.core(%tile_0_5) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_0_3(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_3(Consume, 1)
          aie.objectfifo.release @b_column_0(Consume, 1)
        }
        aie.objectfifo.release @c_0_3(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_1_2 = aie.core(%tile_1_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_1_0(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_0(Consume, 1)
          aie.objectfifo.release @b_column_1(Consume, 1)
        }
        aie.objectfifo.release @c_1_0(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_1_3 = aie.core(%tile_1_3) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_1_1(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_1(Consume, 1)
          aie.objectfifo.release @b_column_1(Consume, 1)
        }
        aie.objectfifo.release @c_1_1(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_1_4 = aie.core(%tile_1_4) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_1_2(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_2(Consume, 1)
          aie.objectfifo.release @b_column_1(Consume, 1)
        }
        aie.objectfifo.release @c_1_2(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_1_5 = aie.core(%tile_1_5) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_1_3(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_3(Consume, 1)
          aie.objectfifo.release @b_column_1(Consume, 1)
        }
        aie.objectfifo.release @c_1_3(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_2_2 = aie.core(%tile_2_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_2_0(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_0(Consume, 1)
          aie.objectfifo.release @b_column_2(Consume, 1)
        }
        aie.objectfifo.release @c_2_0(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_2_3 = aie.core(%tile_2_3) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_2_1(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_1(Consume, 1)
          aie.objectfifo.release @b_column_2(Consume, 1)
        }
        aie.objectfifo.release @c_2_1(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_2_4 = aie.core(%tile_2_4) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_2_2(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_2(Consume, 1)
          aie.objectfifo.release @b_column_2(Consume, 1)
        }
        aie.objectfifo.release @c_2_2(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_2_5 = aie.core(%tile_2_5) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_2_3(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_3(Consume, 1)
          aie.objectfifo.release @b_column_2(Consume, 1)
        }
        aie.objectfifo.release @c_2_3(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_3_2 = aie.core(%tile_3_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_3_0(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_0(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_0(Consume, 1)
          aie.objectfifo.release @b_column_3(Consume, 1)
        }
        aie.objectfifo.release @c_3_0(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_3_3 = aie.core(%tile_3_3) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_3_1(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_1(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_1(Consume, 1)
          aie.objectfifo.release @b_column_3(Consume, 1)
        }
        aie.objectfifo.release @c_3_1(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_3_4 = aie.core(%tile_3_4) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_3_2(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_2(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_2(Consume, 1)
          aie.objectfifo.release @b_column_3(Consume, 1)
        }
        aie.objectfifo.release @c_3_2(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    %core_3_5 = aie.core(%tile_3_5) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_3_3(Produce, 1) : !aie.objectfifosubview<memref<4096xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<4096xi32>> -> memref<4096xi32>
        func.call @zero(%object0) : (memref<4096xi32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_row_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          %view2 = aie.objectfifo.acquire @b_column_3(Consume, 1) : !aie.objectfifosubview<memref<4096xi8>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<4096xi8>> -> memref<4096xi8>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xi8>, memref<4096xi8>, memref<4096xi32>) -> ()
          aie.objectfifo.release @a_row_3(Consume, 1)
          aie.objectfifo.release @b_column_3(Consume, 1)
        }
        aie.objectfifo.release @c_3_3(Produce, 1)
      }
      aie.end
    } {stack_size = 2048 : i32}
    aie.runtime_sequence @sequence(%host_a: memref<32768xi8>, %host_b: memref<32768xi8>, %host_c: memref<65536xi32>) {
      %task0 = aiex.dma_configure_task_for @c_out_0 {
        aie.dma_bd(%host_c : memref<65536xi32>, 0, 16384, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 256, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task0)
      %task1 = aiex.dma_configure_task_for @c_out_1 {
        aie.dma_bd(%host_c : memref<65536xi32>, 64, 16384, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 256, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task1)
      %task2 = aiex.dma_configure_task_for @c_out_2 {
        aie.dma_bd(%host_c : memref<65536xi32>, 128, 16384, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 256, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task2)
      %task3 = aiex.dma_configure_task_for @c_out_3 {
        aie.dma_bd(%host_c : memref<65536xi32>, 192, 16384, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 256, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task3)
      %task4 = aiex.dma_configure_task_for @a_in_0 {
        aie.dma_bd(%host_a : memref<32768xi8>, 0, 8192, [<size = 1, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task4)
      %task5 = aiex.dma_configure_task_for @b_in_0 {
        aie.dma_bd(%host_b : memref<32768xi8>, 0, 8192, [<size = 1, stride = 0>, <size = 2, stride = 16384>, <size = 64, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task5)
      %task6 = aiex.dma_configure_task_for @a_in_1 {
        aie.dma_bd(%host_a : memref<32768xi8>, 8192, 8192, [<size = 1, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task6)
      %task7 = aiex.dma_configure_task_for @b_in_1 {
        aie.dma_bd(%host_b : memref<32768xi8>, 64, 8192, [<size = 1, stride = 0>, <size = 2, stride = 16384>, <size = 64, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task7)
      %task8 = aiex.dma_configure_task_for @a_in_2 {
        aie.dma_bd(%host_a : memref<32768xi8>, 16384, 8192, [<size = 1, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task8)
      %task9 = aiex.dma_configure_task_for @b_in_2 {
        aie.dma_bd(%host_b : memref<32768xi8>, 128, 8192, [<size = 1, stride = 0>, <size = 2, stride = 16384>, <size = 64, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task9)
      %task10 = aiex.dma_configure_task_for @a_in_3 {
        aie.dma_bd(%host_a : memref<32768xi8>, 24576, 8192, [<size = 1, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task10)
      %task11 = aiex.dma_configure_task_for @b_in_3 {
        aie.dma_bd(%host_b : memref<32768xi8>, 192, 8192, [<size = 1, stride = 0>, <size = 2, stride = 16384>, <size = 64, stride = 256>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 0 : i32}
      aiex.dma_start_task(%task11)
      aiex.dma_await_task(%task0)
      aiex.dma_await_task(%task1)
      aiex.dma_await_task(%task2)
      aiex.dma_await_task(%task3)
    }
  }
}
