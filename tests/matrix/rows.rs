//! One test a row. The list is also a `match` without a rest: a row without its test does not compile.

use blocktap::sim::fault::Fault;

use crate::play::play;

macro_rules! rows {
    (in memory { $($test:ident: $fault:ident;)+ } only over sockets { $($apart:ident,)+ }) => {
        $(
            #[test]
            fn $test() {
                play(Fault::$fault);
            }
        )+

        /// The test of a row, if it can be played in memory.
        const fn test_of(fault: Fault) -> Option<&'static str> {
            match fault {
                $(Fault::$fault => Some(stringify!($test)),)+
                $(Fault::$apart => None,)+
            }
        }
    };
}

rows! {
    in memory {
        row_01_null_for_announced: NullForAnnounced;
        row_02_syncing: Syncing;
        row_03_frozen_head: FrozenHead;
        row_04_far_behind: FarBehind;
        row_05_head_goes_back: HeadGoesBack;
        row_06_head_leaps: HeadLeaps;
        row_07_head_ahead_of_blocks: HeadAheadOfBlocks;
        row_08_heads_disagree: HeadsDisagree;
        row_09_stale_member: StaleMember;
        row_10_quiet_chain: QuietChain;
        row_11_backend_skew: BackendSkew;
        row_12_receipts_of_another_fork: ReceiptsOfAnotherFork;
        row_13_stale_receipts: StaleReceipts;
        row_14_orphan_served: OrphanServed;
        row_15_finality_unknown: FinalityUnknown;
        row_16_finality_moves_back: FinalityMovesBack;
        row_17_reorg_below_final: ReorgBelowFinal;
        row_18_head_before_body: HeadBeforeBody;
        row_19_wrong_announcement: WrongAnnouncement;
        row_20_operator_fails_whole: OperatorFailsWhole;
        row_21_null_receipt: NullReceipt;
        row_22_no_receipts: NoReceipts;
        row_23_receipt_missing: ReceiptMissing;
        row_24_receipts_reordered: ReceiptsReordered;
        row_25_foreign_receipts: ForeignReceipts;
        row_27_wrong_bloom: WrongBloom;
        row_28_root_not_recomputable: RootNotRecomputable;
        row_29_pending_block: PendingBlock;
        row_30_transactions_missing: TransactionsMissing;
        row_31_fields_differ: FieldsDiffer;
        row_32_leading_zeros: LeadingZeros;
        row_33_numbers_unquoted: NumbersUnquoted;
        row_34_empty_hex: EmptyHex;
        row_35_duplicate_keys: DuplicateKeys;
        row_36_rate_limit_in_body: RateLimitInBody;
        row_37_rate_limit_status: RateLimitStatus;
        row_38_rate_limit_elsewhere: RateLimitElsewhere;
        row_39_quota_used_up: QuotaUsedUp;
        row_40_key_refused: KeyRefused;
        row_41_header_not_found: HeaderNotFound;
        row_44_too_large: TooLarge;
        row_45_batch_as_object: BatchAsObject;
        row_46_batch_dropped: BatchDropped;
        row_47_batch_scrambled: BatchScrambled;
        row_48_wrong_id: WrongId;
        row_49_plain_text: PlainText;
        row_50_web_page: WebPage;
        row_51_empty_body: EmptyBody;
        row_52_method_unsupported: MethodUnsupported;
        row_53_server_errors: ServerErrors;
        row_54_overload_then_silence: OverloadThenSilence;
        row_55_unknown_code: UnknownCode;
        row_56_half_open: HalfOpen;
        row_57_slow_drip: SlowDrip;
        row_58_reset: Reset;
        row_61_truncated_gzip: TruncatedGzip;
        row_62_truncated_length: TruncatedLength;
        row_63_truncated_body: TruncatedBody;
        row_64_gzip_bomb: GzipBomb;
        row_65_deep_json: DeepJson;
        row_66_redirect: Redirect;
        row_69_wrong_clock: WrongClock;
        row_70_length_mismatch: LengthMismatch;
        row_71_silent_socket: SilentSocket;
        row_72_silent_subscription: SilentSubscription;
        row_73_resubscribe_fails: ResubscribeFails;
        row_74_duplicate_heads: DuplicateHeads;
        row_75_skipped_heads: SkippedHeads;
        row_76_message_too_long: MessageTooLong;
        row_77_socket_dropped: SocketDropped;
        row_78_subscribe_refused: SubscribeRefused;
        row_79_wrong_chain: WrongChain;
        row_80_chain_switched: ChainSwitched;
    }
    only over sockets {
        PooledClosed, Http2BlackHole, NameUnknown, BadCertificate,
    }
}

#[test]
fn every_row_has_the_test_of_its_number_and_name_unless_it_needs_a_socket() {
    for fault in Fault::ALL {
        let name = format!("row_{:02}_{}", fault.row(), fault.name().replace('-', "_"));
        assert_eq!(test_of(*fault), fault.venue().in_memory().then_some(name.as_str()));
    }
}
