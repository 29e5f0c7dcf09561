/** Entry of the program that each member of a real cluster runs (dist/member.js). */
import { protocols } from '../../impl/registry.ts';
import { runMember } from './run-member.ts';

runMember(protocols);
