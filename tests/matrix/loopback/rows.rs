//! One test a row. The list is also a `match` without a rest: a row without its test over sockets does not compile, unless it
//! says that sockets cannot have it.

use blocktap::sim::fault::{Fault, Venue};

use super::play::play;
use super::special;

macro_rules! rows {
    ($($test:ident: $fault:ident, $play:path;)+; only in memory: $($absent:ident),*) => {
        $(
            #[test]
            fn $test() {
                $play(Fault::$fault);
            }
        )+

        const fn test_of(fault: Fault) -> Option<&'static str> {
            match fault {
                $(Fault::$fault => Some(stringify!($test)),)+
                $(Fault::$absent => None,)*
            }
        }
    };
}

rows! {
    row_01_null_for_announced: NullForAnnounced, play;
    row_02_syncing: Syncing, play;
    row_03_frozen_head: FrozenHead, play;
    row_04_far_behind: FarBehind, play;
    row_05_head_goes_back: HeadGoesBack, play;
    row_06_head_leaps: HeadLeaps, play;
    row_07_head_ahead_of_blocks: HeadAheadOfBlocks, play;
    row_08_heads_disagree: HeadsDisagree, play;
    row_09_stale_member: StaleMember, play;
    row_10_quiet_chain: QuietChain, play;
    row_11_backend_skew: BackendSkew, play;
    row_12_receipts_of_another_fork: ReceiptsOfAnotherFork, play;
    row_13_stale_receipts: StaleReceipts, play;
    row_14_orphan_served: OrphanServed, play;
    row_15_finality_unknown: FinalityUnknown, play;
    row_16_finality_moves_back: FinalityMovesBack, play;
    row_17_reorg_below_final: ReorgBelowFinal, play;
    row_18_head_before_body: HeadBeforeBody, play;
    row_19_wrong_announcement: WrongAnnouncement, play;
    row_20_operator_fails_whole: OperatorFailsWhole, play;
    row_21_null_receipt: NullReceipt, play;
    row_22_no_receipts: NoReceipts, play;
    row_23_receipt_missing: ReceiptMissing, play;
    row_24_receipts_reordered: ReceiptsReordered, play;
    row_25_foreign_receipts: ForeignReceipts, play;
    row_27_wrong_bloom: WrongBloom, play;
    row_28_root_not_recomputable: RootNotRecomputable, play;
    row_29_pending_block: PendingBlock, play;
    row_30_transactions_missing: TransactionsMissing, play;
    row_31_fields_differ: FieldsDiffer, play;
    row_32_leading_zeros: LeadingZeros, play;
    row_33_numbers_unquoted: NumbersUnquoted, play;
    row_34_empty_hex: EmptyHex, play;
    row_35_duplicate_keys: DuplicateKeys, play;
    row_36_rate_limit_in_body: RateLimitInBody, play;
    row_37_rate_limit_status: RateLimitStatus, play;
    row_38_rate_limit_elsewhere: RateLimitElsewhere, play;
    row_39_quota_used_up: QuotaUsedUp, play;
    row_40_key_refused: KeyRefused, play;
    row_41_header_not_found: HeaderNotFound, play;
    row_44_too_large: TooLarge, play;
    row_45_batch_as_object: BatchAsObject, play;
    row_46_batch_dropped: BatchDropped, play;
    row_47_batch_scrambled: BatchScrambled, play;
    row_48_wrong_id: WrongId, play;
    row_49_plain_text: PlainText, play;
    row_50_web_page: WebPage, play;
    row_51_empty_body: EmptyBody, play;
    row_52_method_unsupported: MethodUnsupported, play;
    row_53_server_errors: ServerErrors, play;
    row_54_overload_then_silence: OverloadThenSilence, play;
    row_55_unknown_code: UnknownCode, play;
    row_56_half_open: HalfOpen, play;
    row_57_slow_drip: SlowDrip, play;
    row_58_reset: Reset, play;
    row_59_pooled_closed: PooledClosed, special::pooled_closed;
    row_60_http2_black_hole: Http2BlackHole, special::http2_black_hole;
    row_61_truncated_gzip: TruncatedGzip, play;
    row_62_truncated_length: TruncatedLength, play;
    row_63_truncated_body: TruncatedBody, play;
    row_64_gzip_bomb: GzipBomb, play;
    row_65_deep_json: DeepJson, play;
    row_66_redirect: Redirect, special::redirect;
    row_67_name_unknown: NameUnknown, special::name_unknown;
    row_68_bad_certificate: BadCertificate, special::bad_certificate;
    row_70_length_mismatch: LengthMismatch, play;
    row_71_silent_socket: SilentSocket, play;
    row_72_silent_subscription: SilentSubscription, play;
    row_73_resubscribe_fails: ResubscribeFails, play;
    row_74_duplicate_heads: DuplicateHeads, play;
    row_75_skipped_heads: SkippedHeads, play;
    row_76_message_too_long: MessageTooLong, play;
    row_77_socket_dropped: SocketDropped, play;
    row_78_subscribe_refused: SubscribeRefused, play;
    row_79_wrong_chain: WrongChain, play;
    row_80_chain_switched: ChainSwitched, special::chain_switched;
    ; only in memory: WrongClock
}

#[test]
fn every_row_that_sockets_can_have_is_played_over_sockets() {
    for fault in Fault::ALL {
        let name = format!("row_{:02}_{}", fault.row(), fault.name().replace('-', "_"));
        let expected = (!matches!(fault.venue(), Venue::Memory { .. })).then_some(name);
        assert_eq!(test_of(*fault).map(str::to_owned), expected);
    }
}
