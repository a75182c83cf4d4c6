; SPDX-License-Identifier: LGPL-2.1-or-later
; The facts on shifts that codec.h takes for granted, by bits: "unsat" says that they fail for no byte. 64 bits hold what
; a byte is multiplied with.
(set-logic QF_BV)
(declare-const b (_ BitVec 64))
(assert (bvult b (_ bv256 64)))
(assert (not (and
	(= (bvshl b (_ bv8 64)) (bvmul b (_ bv256 64)))
	(= (bvshl b (_ bv16 64)) (bvmul b (_ bv65536 64)))
	(= (bvshl b (_ bv24 64)) (bvmul b (_ bv16777216 64))))))
(check-sat)
